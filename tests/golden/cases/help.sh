# The whole help, and that of every verb.
run --help
run check --help
run explain --help
run inventory summary --help
run audit list --help
run rules show --help
