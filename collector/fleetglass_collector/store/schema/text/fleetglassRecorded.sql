-- A text; nothing if an instrumentation wrote a mark such as "__REDACTED__" in its place to hide it. Two hidden
-- texts are equal marks, and no equal texts.
CREATE OR REPLACE FUNCTION fleetglassRecorded${on_cluster} AS text ->
    if(length(text) <= ${longest_mark} AND match(text, ${hidden}), '', text)
