// Package layout has the test that holds who may import whom. It has no code.
package layout
