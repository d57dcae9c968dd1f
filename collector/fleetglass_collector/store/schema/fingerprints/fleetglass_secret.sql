-- A database of its own, so that one grant keeps readers out of it.
CREATE DATABASE IF NOT EXISTS fleetglass_secret${on_cluster}
