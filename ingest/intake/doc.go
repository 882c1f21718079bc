// Package intake takes files in: it keeps what browsers and programs hand in until somebody has looked at it, queues what
// is to be loaded, and empties the folder inbox/.
//
// Inputs: byte streams with a name and a sender (Receive), what a person or a program chose for each table (Choice), files
// in D/inbox. Outputs: loads of package ingest, their outcomes, and beside each file of the inbox a note of what became of
// it. Callers: reports/web (/data), reports/api, cmd (serve runs the queue).
//
// D/uploads/<id>/ holds one upload: file as it came and meta.json, which is the Upload. The name that a file was given
// stands in meta.json only. An upload is there once its meta.json is: what a killed process left without one is removed
// when the next begins, and a load that it cut short is queued again. Loading a file again changes nothing that is there
// already, so the queue need not know how far it had come.
//
// One upload or file of the inbox is loaded at a time; what programs post (Load) passes beside it.
package intake
