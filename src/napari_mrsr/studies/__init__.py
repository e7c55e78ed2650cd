"""The tables and figures of the papers as commands, on a reader's own scans or on phantoms with known truth."""
