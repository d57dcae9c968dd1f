-- Whether a text is a tool's schema. Some instrumentations put it where the arguments should be, the same for every call.
CREATE OR REPLACE FUNCTION fleetglassIsSchema${on_cluster} AS text ->
    position(text, '"properties"') > 0 AND JSONType(text, 'properties') = 'Object' AND JSONExtractString(text, 'type') = 'object'
