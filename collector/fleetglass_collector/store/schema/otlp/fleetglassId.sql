-- An id as hex; one that is all zero is none.
CREATE OR REPLACE FUNCTION fleetglassId${on_cluster} AS id ->
    if(id = repeat('\0', length(id)), '', lower(hex(id)))
