// Package procgroup starts a command together with all that it starts in turn,
// so that the whole of it can be signalled and ended: a process group on Unix, a
// job object on Windows.
package procgroup

import "time"

// pollEvery is how often is looked whether something has ended.
const pollEvery = 10 * time.Millisecond

// AwaitEnd waits until nothing is left of the group, or until limit has passed.
func (g *Group) AwaitEnd(limit time.Duration) {
	for waited := time.Duration(0); waited < limit && g.Lives(); waited += pollEvery {
		time.Sleep(pollEvery)
	}
}
