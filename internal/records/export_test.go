package records

// The two ways of [ReadRow], for its fuzz test.
var (
	ReadFlat = readFlat
	ReadAny  = readAny
)
