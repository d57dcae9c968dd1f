-- An attribute of the first event of a name: where some instrumentations put what went in and out.
CREATE OR REPLACE FUNCTION fleetglassEventText${on_cluster} AS (events, event, name) -> arrayMap(
    attributes -> ifNull(
        tupleElement(tupleElement(attributes, 'value'), 'string_value')[indexOf(tupleElement(attributes, 'key'), name)], ''),
    [tupleElement(events, 'attributes')[indexOf(tupleElement(events, 'name'), event)]])[1]
