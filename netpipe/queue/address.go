package queue

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
)

// An Address says where a queue is.
type Address struct {
	Servers string // the URLs of a NATS server, or of several of one cluster, separated by commas
	Dir     string // in place of Servers: the directory of a server that the programs of one machine run themselves
	Name    string // of the queue
}

// embedded begins the address of a queue in a directory. Its name is embeddedName.
const (
	embedded     = "embedded:"
	embeddedName = "jobs"
)

// queueName is what a queue may be called. It becomes a part of the names of streams and
// subjects.
var queueName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`)

// ParseAddress reads nats://HOST[:PORT][,HOST...]/NAME, the same with tls://, or
// embedded:DIR.
func ParseAddress(text string) (Address, error) {
	if dir, is := strings.CutPrefix(text, embedded); is {
		if dir == "" {
			return Address{}, errors.New("want embedded:DIR")
		}
		return Address{Dir: dir, Name: embeddedName}, nil
	}
	scheme, rest, _ := strings.Cut(text, "://")
	hosts, name, _ := strings.Cut(rest, "/")
	if scheme != "nats" && scheme != "tls" || hosts == "" {
		return Address{}, errors.New("want nats://HOST/NAME, tls://HOST/NAME or embedded:DIR")
	}
	if strings.Contains(hosts, "@") {
		return Address{}, errors.New("a password in an address is seen by every user of the machine")
	}
	if strings.ContainsAny(hosts, "?#") {
		return Address{}, errors.New("an address has no ? and no #: a login is in files")
	}
	if !queueName.MatchString(name) {
		return Address{}, errors.New("the name of a queue has letters, digits, - and _, as in nats://HOST/thumbs")
	}
	var servers []string
	for host := range strings.SplitSeq(hosts, ",") {
		server := scheme + "://" + host
		if u, err := url.Parse(server); err != nil || u.Hostname() == "" {
			return Address{}, errors.New("want nats://HOST:PORT,HOST:PORT/NAME")
		}
		servers = append(servers, server)
	}
	return Address{Servers: strings.Join(servers, ","), Name: name}, nil
}
