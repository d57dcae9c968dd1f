-- Attributes as the map of the OpenTelemetry exporter. A key that occurs twice, which OTLP forbids, stays twice.
CREATE OR REPLACE FUNCTION fleetglassTextMap${on_cluster} AS attributes -> CAST(
    (tupleElement(attributes, 'key'), arrayMap(value -> fleetglassValueText(value), tupleElement(attributes, 'value'))),
    'Map(LowCardinality(String), String)')
