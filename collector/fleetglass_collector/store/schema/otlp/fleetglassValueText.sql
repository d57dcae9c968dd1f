-- An attribute's value as text, as otlp/text.py defines it. A value without any scalar is an array, perhaps an empty
-- one: the receiver makes sure that every value is set.
CREATE OR REPLACE FUNCTION fleetglassValueText${on_cluster} AS value -> multiIf(
    isNotNull(tupleElement(value, 'string_value')),
    assumeNotNull(tupleElement(value, 'string_value')),
    isNotNull(tupleElement(value, 'int_value')),
    toString(assumeNotNull(tupleElement(value, 'int_value'))),
    isNotNull(tupleElement(value, 'double_value')),
    toString(assumeNotNull(tupleElement(value, 'double_value'))),
    isNotNull(tupleElement(value, 'bool_value')),
    if(assumeNotNull(tupleElement(value, 'bool_value')) = 0, 'false', 'true'),
    isNotNull(tupleElement(value, 'bytes_value')),
    base64Encode(assumeNotNull(tupleElement(value, 'bytes_value'))),
    concat(
        '[',
        arrayStringConcat(
            arrayMap(
                element -> fleetglassElementText(element),
                tupleElement(tupleElement(value, 'array_value'), 'values')),
            ','),
        ']'))
