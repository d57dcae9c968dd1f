-- An id as hexadecimal text; empty if all its bytes are zero.
CREATE OR REPLACE FUNCTION fleetglassId${on_cluster} AS id ->
    if(id = repeat('\0', length(id)), '', lower(hex(id)))
