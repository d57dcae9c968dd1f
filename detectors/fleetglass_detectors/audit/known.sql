-- Which of these things the log has an entry about.
SELECT DISTINCT about
FROM audit_log
WHERE kind = {kind:String} AND about IN {abouts:Array(String)}
