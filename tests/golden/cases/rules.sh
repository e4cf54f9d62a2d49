# The rules, the readings, the error catalogue.
run rules list
run rules show not-in-use
run rules show not-in-use --format json
run rules show ram
run rules errors
run rules errors --format csv
