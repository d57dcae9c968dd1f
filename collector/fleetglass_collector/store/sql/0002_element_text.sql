-- The JSON of an array's element. Functions are expanded where a view is created: no view needs them later.
CREATE OR REPLACE FUNCTION fleetglassElementText${on_cluster} AS element -> multiIf(
    tupleElement(element, 'value') = 'string_value', toJSONString(tupleElement(element, 'string_value')),
    tupleElement(element, 'value') = 'int_value', toString(tupleElement(element, 'int_value')),
    tupleElement(element, 'value') = 'double_value', if(
        isFinite(tupleElement(element, 'double_value')),
        toString(tupleElement(element, 'double_value')),
        concat('"', toString(tupleElement(element, 'double_value')), '"')),
    tupleElement(element, 'value') = 'bool_value', toString(tupleElement(element, 'bool_value')),
    tupleElement(element, 'value') = 'bytes_value', toJSONString(base64Encode(tupleElement(element, 'bytes_value'))),
    'null')
