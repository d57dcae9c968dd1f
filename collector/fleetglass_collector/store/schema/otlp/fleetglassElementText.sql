-- An element of an array as JSON. The database replaces a function by its text where a view is created; it does not
-- need the function afterwards.
CREATE OR REPLACE FUNCTION fleetglassElementText${on_cluster} AS element -> multiIf(
    isNotNull(tupleElement(element, 'string_value')),
    toJSONString(assumeNotNull(tupleElement(element, 'string_value'))),
    isNotNull(tupleElement(element, 'int_value')),
    toString(assumeNotNull(tupleElement(element, 'int_value'))),
    isNotNull(tupleElement(element, 'double_value')),
    if(
        isFinite(assumeNotNull(tupleElement(element, 'double_value'))),
        toString(assumeNotNull(tupleElement(element, 'double_value'))),
        concat('"', toString(assumeNotNull(tupleElement(element, 'double_value'))), '"')),
    isNotNull(tupleElement(element, 'bool_value')),
    if(assumeNotNull(tupleElement(element, 'bool_value')) = 0, 'false', 'true'),
    isNotNull(tupleElement(element, 'bytes_value')),
    toJSONString(base64Encode(assumeNotNull(tupleElement(element, 'bytes_value')))),
    'null')
