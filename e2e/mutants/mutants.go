// Package mutants holds receivers that are broken on purpose: the checkers of
// the conformance suite. Each is the same small, correct receiver with exactly
// one property taken away, and must fail the requirement that asks for that
// property and no other, prerequisites aside, and those that it says it may fail
// too.
//
// It is no model for a receiver of your own: everything is kept in memory
// beside the journal, for the length of a test run. The folder receivers has
// models.
package mutants

// Mutant is a receiver that lacks one property.
type Mutant struct {
	// Name is what the mutant is started by.
	Name string
	// Requirement is the ID of the requirement that it must fail.
	Requirement string
	// Summary says what it does wrong, as a sentence without a subject.
	Summary string
	// Also are other requirements that the same defect breaks, and why.
	Also map[string]string

	mutate func(*Receiver)
}

// New opens the mutant on its own journal, as [New] does the correct receiver.
func (m Mutant) New(env Env) (*Receiver, error) { return open(env, m.mutate) }

// All returns every mutant, ordered by requirement.
func All() []Mutant {
	return []Mutant{
		neverAcknowledges(),
		finishedOnly(),
		sweepsSessions(),
		importsFirst(),
		oneAtATime(),
		waitsForImports(),
		redirects(),
		answersWithAPage(),
		shedsBursts(),
		dropsBursts(),

		importsAgain(),
		checksThenActs(),
		remembersDeliveredAnswers(),
		abandonsTheHungUp(),
		forgetsAnswered(),
		jobOnce(),
		formOnce(),
		believesTheForm(),
		sitemapOnce(),
		importingIsEnough(),
		lastWriterWins(),
		addsContinued(),
		customIDOnce(),

		firstPageOnly(),
		waitsForRows(),
		decodesPieces(),
		flattensCells(),
		trimsCells(),
		importsFailed(),
		givesUp(),
		keepsPartialRows(),
		believesTheEnd(),
		storesErrorPages(),
		deletesFirst(),
		ignoresShelved(),
		cutsCells(),
		thousandRows(),
		eightMegabytes(),
		shortOfTime(),
		oneFileASitemap(),

		triesThrice(),
		statusCallOnce(),
		headOfLine(),
		retriesInMemory(),
		asksForTheGone(),

		parsesByHand(),
		refusesUnknownFields(),
		readsSigned(),
		acceptsJunk(),
		refusesUnknownStatus(),
		comparesContentType(),
		wantsALength(),
		readsFloats(),
		refusesLongNames(),

		trustsEverybody(),
		comparesBeginnings(),
		throwsAtMalformed(),
		readsAnySize(),
		fewReaders(),
		pastesNames(),

		answersFirst(),
		settlesEarly(),
		tidiesUp(),
		answersWhileStarting(),

		asksTooOften(),
		ignoresRetryAfter(),
		polls(),

		remembersTheLast(),
	}
}
