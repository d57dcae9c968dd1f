-- The questions and answers of some steps of a run, for as long as payloads are kept.
SELECT span_id, substring(asked, 1, 400) AS asked, substring(answered, 1, 400) AS answered
FROM span_texts
WHERE trace_id = {run:String} AND span_id IN {spans:Array(String)}
