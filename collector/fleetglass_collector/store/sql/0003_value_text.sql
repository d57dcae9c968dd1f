-- The text of an attribute's value; otlp/text.py defines it.
CREATE OR REPLACE FUNCTION fleetglassValueText${on_cluster} AS value -> if(
    tupleElement(value, 'value') = 'string_value',
    tupleElement(value, 'string_value'),
    multiIf(
        tupleElement(value, 'value') = 'int_value', toString(tupleElement(value, 'int_value')),
        tupleElement(value, 'value') = 'double_value', toString(tupleElement(value, 'double_value')),
        tupleElement(value, 'value') = 'bool_value', toString(tupleElement(value, 'bool_value')),
        tupleElement(value, 'value') = 'array_value', concat('[', arrayStringConcat(
            arrayMap(element -> fleetglassElementText(element), tupleElement(tupleElement(value, 'array_value'), 'values')),
            ','), ']'),
        tupleElement(value, 'value') = 'bytes_value', base64Encode(tupleElement(value, 'bytes_value')),
        ''))
