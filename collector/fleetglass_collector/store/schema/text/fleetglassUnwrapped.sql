-- The arguments or the result of a tool, without the wrapping that some frameworks add.
CREATE OR REPLACE FUNCTION fleetglassUnwrapped${on_cluster} AS text -> multiIf(
    NOT startsWith(text, '{') OR NOT multiSearchAny(text, ['"kwargs"', '"inputs"', '"tool_call_id"']),
    trimBoth(text),
    JSONType(text, 'kwargs') = 'Object' AND JSONLength(text, 'args') = 0,
    JSONExtractRaw(text, 'kwargs'),
    JSONType(text, 'data', 'content') = 'String',
    JSONExtractString(text, 'data', 'content'),
    JSONType(text, 'inputs') = 'Object',
    JSONExtractRaw(text, 'inputs'),
    text)
