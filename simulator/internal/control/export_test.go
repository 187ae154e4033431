package control

import (
	"maps"
	"slices"
)

// Routes are the methods and paths that are served.
func Routes() []string { return slices.Sorted(maps.Keys((&server{}).routes())) }
