// Package catalogue is the list of the requirements that the conformance suite
// asks of a receiver: a file each, which says what the requirement rests on, how
// it is played and how it is judged.
//
// A requirement uses what package scenarios offers to every author, and nothing
// else; see there for writing one of your own.
package catalogue

import (
	"strings"

	"github.com/scrapehook/scrapehook/scenarios"
)

// All returns every scenario, in the order in which reports list them.
func All() []scenarios.Scenario {
	return []scenarios.Scenario{
		ack01(), ack02(), ack03(), ack04(), ack05(), ack06(), ack07(), ack08(), ack09(), ack10(),
		idem01(), idem02(), idem03(), idem04(), idem05(), idem06(), idem07(), idem08(), idem09(), idem10(), idem11(), idem12(),
		data01(), data02(), data03(), data04(), data05(), data06(), data07(), data08(), data09(), data10(), data11(), data12(), data13(), data14(),
		ret01(), ret02(), ret03(), ret04(), ret05(),
		form01(), form02(), form03(), form04(), form05(), form06(), form07(), form08(), form09(),
		sec01(), sec02(), sec03(), sec04(), sec05(),
		dur01(), dur02(), dur03(), dur05(),
		api01(), api02(), api03(),
		aud01(),
	}
}

// webhooks2020 is the document that most requirements quote.
const webhooks2020 = "webhooks-2020 (2020-01-29)"

// mostFindings bounds the findings of one requirement: more of them say nothing
// new.
const mostFindings = 5

// shortName is a sitemap's name as a label.
func shortName(name string) string {
	const most = 160
	if len(name) > most {
		return strings.ToValidUTF8(name[:most], "") + "…"
	}
	return name
}
