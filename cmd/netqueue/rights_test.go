package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/rogpeppe/go-internal/testscript"
)

// The script in testdata/rights runs all commands with logins that have exactly the rights in
// README.md, and uses all of these.
func TestRights(t *testing.T) {
	const password = "secret"
	for _, name := range []string{"ADD", "WORK", "STATUS", "FAILED"} {
		t.Setenv(name+"_PASSWORD", password)
	}
	options, err := server.ProcessConfigFile(rightsFile(t))
	if err != nil {
		t.Fatal(err)
	}
	users := options.Users
	with := func(user string, rights ...string) {
		options.Users = append(options.Users, &server.User{Username: user, Password: password, Permissions: &server.Permissions{
			Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.>"}},
			Publish:   &server.SubjectPermission{Allow: rights},
		}})
	}
	rightsOf := func(user string) []string {
		i := slices.IndexFunc(users, func(u *server.User) bool { return u.Username == user })
		return users[i].Permissions.Publish.Allow
	}
	with("list", rightsOf("failed")[:3]...) // as README.md says of failed without -again
	with("mute", slices.DeleteFunc(slices.Clone(rightsOf("add")), func(right string) bool { return right == "netqueue.thumbs.job" })...)
	const observer = "observer"
	options.Users = append(options.Users, &server.User{Username: observer, Password: password})
	options.Host, options.Port, options.JetStream, options.StoreDir = "127.0.0.1", server.RANDOM_PORT, true, t.TempDir()
	options.NoSigs, options.NoLog = true, true
	s, err := server.NewServer(options)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(s.Shutdown)
	if !s.ReadyForConnections(time.Minute) {
		t.Fatal("the server does not start")
	}
	conn, err := nats.Connect(s.ClientURL(), nats.UserInfo(observer, password))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	var mu sync.Mutex
	used := map[string]bool{}
	for _, subjects := range []string{"netqueue.>", "$JS.>"} { // a listener to inboxes would keep requests of workers alive that have ended
		if _, err := conn.Subscribe(subjects, func(msg *nats.Msg) {
			mu.Lock()
			defer mu.Unlock()
			used[msg.Subject] = true
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := conn.Flush(); err != nil {
		t.Fatal(err)
	}

	params := scripts("testdata/rights")
	params.Deadline = time.Now().Add(2 * time.Minute) // without a right, a worker waits
	setup := params.Setup
	params.Setup = func(env *testscript.Env) error {
		env.Setenv("NATS", "nats://"+s.Addr().String()+"/thumbs")
		return setup(env)
	}
	t.Run("commands", func(t *testing.T) { testscript.Run(t, params) })

	mu.Lock()
	defer mu.Unlock()
	for _, user := range users {
		for _, right := range user.Permissions.Publish.Allow {
			found := false
			for subject := range used {
				found = found || server.SubjectsCollide(subject, right)
			}
			if !found {
				t.Errorf("%s did not publish to %s", user.Username, right)
			}
		}
	}
}

// rightsFile returns a file with the configuration of README.md.
func rightsFile(t *testing.T) string {
	t.Helper()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(readme), "```conf\n")
	text, _, _ = strings.Cut(text, "```")
	if !found {
		t.Fatal("README.md has no configuration")
	}
	file := filepath.Join(t.TempDir(), "nats.conf")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
