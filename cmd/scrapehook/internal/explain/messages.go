package explain

import "github.com/scrapehook/scrapehook/internal/delivery"

func exitCodes() []Topic {
	exit := func(id, title, means, repair string) Topic {
		return Topic{ID: id, Kind: kindExit, Title: title, Means: means, Repair: repair, words: []string{"exit " + id, "exit status " + id}}
	}
	return []Topic{
		exit("0", "all is well", "conform: conformant, or nothing is broken of what was selected. send: acknowledged. traffic and replay: every SLO is met. Servers: stopped as asked.", ""),
		exit("1", "the endpoint did not do what was asked", "conform: a MUST is broken. send: the notification was given up. traffic and replay: an SLO is missed. receive retry: a job is not there. receive check: the store is damaged.", "Read the report: it begins with what is wrong."),
		exit("2", "wrong usage", "A flag, a variable, an argument or a file that you gave can't be used. Nothing was sent.", "The message names it. 'scrapehook COMMAND --help' shows what is allowed, 'scrapehook config show COMMAND' where each value comes from."),
		exit("3", "it could not be tried", "The endpoint can't be reached, a port is in use, a database does not answer, or scrapehook itself failed. It says nothing of your receiver.", "Start what is missing, and run it again."),
		exit("4", "partial", "Nothing is broken of what was seen, but some MUSTs were not seen.", "Add a --probe, and let the suite start the receiver with --run. With --allow-partial the code is 0."),
		exit("130", "interrupted", "Ctrl-C, SIGTERM or SIGHUP ended it. What was known by then is reported.", ""),
	}
}

func attempts() []Topic {
	attempt := func(r delivery.Reason, title, means, repair string, words ...string) Topic {
		return Topic{ID: string(r), Kind: kindAttempt, Title: title, Means: means, Repair: repair, words: words}
	}
	return []Topic{
		attempt(delivery.Acked, "acknowledged", "The endpoint answered 2xx in time. The cloud sends this notification no more.", "", "acknowledged"),
		attempt(delivery.Rejected, "answered, but not with 2xx", "Any other status is a failure, redirects too: they are not followed. The notification comes again.", "Answer 200 as soon as the notification is stored, also for jobs that you do not want."),
		attempt(delivery.Timeout, "no whole answer within 10 seconds", "The 10 seconds count from the first packet to the last byte of the answer. The notification comes again, although the endpoint may have done its work.", "Store the notification, answer, and import later in a worker.", "timed out", "time out"),
		attempt(delivery.Refused, "nothing listens at that address", "", "Start the receiver, and compare its host and port with the URL. In a container, 127.0.0.1 is the container itself.", "connection refused"),
		attempt(delivery.Reset, "the endpoint closed the connection before its answer was whole", "The process may have died, or a proxy in between gave up.", "Look at what the receiver printed last.", "connection reset"),
		attempt(delivery.TLS, "no secure connection", "The certificate is not trusted or not for this host, or the other side does not speak TLS.", "For a certificate of your own, --ca names its authority's, and --insecure accepts any. If it speaks plain HTTP, write http://.", "certificate"),
		attempt(delivery.Protocol, "the answer is not HTTP", "Something else listens at that port.", "Compare the port with the receiver's."),
		attempt(delivery.Lookup, "the host was not found", "Its name does not resolve, or no route leads to it.", "Compare the host in the URL with the receiver's.", "was not found", "no such host"),
		attempt(delivery.Local, "this machine allows no more connections", "It has too few open files, ports or memory. It says nothing of the endpoint.", "Raise the limit (ulimit -n), or use fewer connections.", "too many open files", "allows no more connections"),
		attempt(delivery.Dropped, "scrapehook hung up on purpose", "A lost answer was played: the endpoint believes that it acknowledged, the sender does not know.", ""),
		attempt(delivery.Canceled, "scrapehook was stopped", "It says nothing of the endpoint, and does not count as an attempt.", ""),
		attempt(delivery.Unknown, "scrapehook ended while the attempt was under way", "Nobody knows whether it arrived. It is sent again.", ""),
		attempt(delivery.Invalid, "the request could not be made", "Nothing was sent.", "Compare the URL and the headers with what HTTP allows."),
	}
}

// messages are what users see and ask about. docs/troubleshooting.md is made of
// them.
func messages() []Topic {
	message := func(id, title, means, repair string, words ...string) Topic {
		return Topic{ID: id, Kind: KindMessage, Title: title, Means: means, Repair: repair, words: words}
	}
	return []Topic{
		message("port-in-use", "127.0.0.1:8085 is in use",
			"Another program listens on that port; often it is a cloud or a receiver in another terminal.",
			"Stop that one, or choose another port with the flag that the message names. Port 0 picks a free one.",
			"address already in use", "is in use"),
		message("no-answer", "the endpoint cannot be reached",
			"Nothing answered HTTP at the URL of your receiver.",
			"Start the receiver first, or let the suite start it: --run 'COMMAND'. Compare host, port and path.",
			"cannot be reached", "no http answer", "nothing listens on"),
		message("no-api-call", "The receiver acknowledged a notification, but did not call the simulated API",
			"The notification arrived. To import the job, the receiver has to call the API that scrapehook plays, and it did not, or it called the vendor.",
			"Let it read the address from WEBSCRAPER_API_BASE_URI and the token from WEBSCRAPER_API_TOKEN, in place of https://api.webscraper.io/api/v1/. With --run it finds both in its environment. If it polls its queue seldom, raise --effect-timeout.",
			"did not call the simulated api"),
		message("wrong-api-token", "The receiver calls the simulated API with a wrong token",
			"Every call was answered 401.",
			"Give it the token of the run (WEBSCRAPER_API_TOKEN), or give the run the receiver's: --api-token.",
			"with a wrong token"),
		message("wants-secret", "The endpoint answers 401 or 403 to a notification as the vendor sends it",
			"The receiver wants a secret in the URL or in a header.",
			"Say which, and where it belongs: --token query:NAME=VALUE, header:NAME=VALUE or path:VALUE.",
			"it seems to want a secret", "answers 401", "answers 403"),
		message("wrong-path", "The endpoint answers 404 or 405 to a notification as the vendor sends it",
			"The server runs, but does not take a POST at this path.",
			"Compare the path of the URL with the route of your handler, and the route's method with POST.",
			"answers 404", "answers 405"),
		message("no-rows", "The receiver has downloaded a job, but the probe shows no row of it",
			"The import may have failed after the download, or the probe looks in another place, or for another job.",
			"Look at what the receiver printed. Try by hand what the probe asks, with a job's id in place of {job}. Rows in a file need their job's id in the field scrapingjob_id, or the field that --probe-job-field names.",
			"shows no row"),
		message("partial", "partial: some MUSTs were not seen",
			"Nothing is broken, but without a probe or without --run there are things that can't be seen, such as rows that are imported twice.",
			"Add --probe and --run. Each requirement that was not seen says what it lacks."),
		message("calls-the-vendor", "imports come from https://api.webscraper.io/api/v1/",
			"Without --api-url, receive asks the vendor for each job. Jobs that a simulated cloud made up are not there, and end as missing.",
			"For a simulated cloud: --api-url http://127.0.0.1:8085/api/v1/ --api-token scrapehook.",
			"the vendor itself"),
		message("not-on-this-machine", "… is not on this machine",
			"Load and broken requests can harm a server that is not yours, so other machines are refused at first.",
			"If it is yours to test: --allow-remote.",
			"let other machines in"),
		message("no-cloud", "no simulated cloud answers at …",
			"trigger makes a job end in a cloud that runs already, and nothing that is one answers at this address.",
			"Start one with 'scrapehook cloud', or say where it is with --control-url or SCRAPEHOOK_CONTROL_URL. A cloud with --tls has https:// and wants --insecure.",
			"no simulated cloud"),
		message("no-scheme", "… has no scheme",
			"A URL begins with http:// or https://.",
			"Write the address that the message suggests.", "did you mean http://"),
		message("variable-ambiguous", "SCRAPEHOOK_TOKEN has another meaning in …",
			"Several commands have a flag of this name, and it means different things in them: the secret of a receiver, or the token of an API.",
			"Use the variable of the command, such as SCRAPEHOOK_CONFORM_TOKEN.", "has another meaning"),
		message("broken-but-acked", "this looks like an error, but the status says success",
			"The body of the answer has the traceback of an error that the handler did not catch, and the status is 2xx all the same. The cloud looks at the status only: it counts the notification as acknowledged and never sends it again. PHP with display_errors does so.",
			"Answer 500 when the handler breaks. In PHP: display_errors=0, which also makes an uncaught error a 500.",
			"but the status says success"),
		message("sender-differs", "the sender now sends the field …, which profile … does not know",
			"A request that passed the tap is not as the contract says: a field more or less, another content type, an unknown status. The vendor may have changed its webhook, or something else sends.",
			"Compare it with docs/contract.md. A good receiver ignores fields that it does not know. If it fits the other profile, give that: --profile 2022.",
			"now sends the field", "and the contract says", "not one that the contract knows"),
		message("tap-502", "scrapehook tap: nothing listens on …",
			"The tap runs, but the endpoint that it passes on to does not. The sender got a 502, and sends again.",
			"Start your handler, and compare --to with its address.",
			"scrapehook tap:"),
		message("not-a-record", "line 1 is not the header of a record",
			"--record appends to a file that is there, and that file is not a record. Nothing was changed.",
			"Choose another file.",
			"is not the header of a record"),
		message("rate-limit", "429 Too Many Requests",
			"The API allows 200 calls in 15 minutes, and answers 429 with Retry-After beyond. scrapehook does so with --rate-limit or a fault.",
			"Wait as long as Retry-After says, then try again. Do not poll for a job's end: the notification says it.", "too many requests"),
		message("ulimit", "this process may have N open files",
			"Each connection needs a file descriptor, and the system allows this process only so many.",
			"Raise it in the shell that starts scrapehook, with ulimit -n 65536, or lower --connections.", "open files"),
	}
}
