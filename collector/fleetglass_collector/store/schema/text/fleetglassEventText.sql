-- An attribute of the first event with a name. Some instrumentations put inputs and outputs there.
CREATE OR REPLACE FUNCTION fleetglassEventText${on_cluster} AS (events, event, name) -> arrayMap(
    attributes -> ifNull(
        tupleElement(tupleElement(attributes, 'value'), 'string_value')[indexOf(tupleElement(attributes, 'key'), name)], ''),
    [tupleElement(events, 'attributes')[indexOf(tupleElement(events, 'name'), event)]])[1]
