// Package traffic makes the notifications of a busy cloud and sends them to an
// endpoint at a planned pace. It is an open loop: the plan does not wait for
// the endpoint, and latency counts from the planned moment, so an endpoint
// that stalls can't hide it.
//
// A [Plan] is a pure function of its seed: which job ends when, with which
// status, under which name, and what is unusual about its notification. A
// [Runner] sends it, resends by the profile's rules, and accounts for every
// planned send. A [Report] is what came of it; reports of shards merge exactly.
//
// How one exchange is performed is not its concern, see [Exchanger].
package traffic

import "time"

// maxSpan bounds how long a plan may be.
const maxSpan = 30 * 24 * time.Hour
