package queue

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"

	"imgpipe/netpipe/internal/pipetest"
)

// Each way to show a server who one is opens its queues; without it, or with another one, the
// error tells no secret.
func TestLogin(t *testing.T) {
	const password = "a password of tests"
	file := func(text string) string {
		t.Helper()
		name := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	key := newKey(t, nkeys.CreateUser)
	certificates := pipetest.ServerFiles()
	tls, err := server.GenTLSConfig(&server.TLSConfigOpts{
		CertFile: certificates.Cert, KeyFile: certificates.Key, CaFile: certificates.CA, Verify: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	client := pipetest.ClientFiles()
	credentials, operated := operatorMode(t)
	for _, test := range []struct {
		name   string
		server *server.Options
		scheme string
		login  Login
		wrong  Login
	}{
		{
			"user", &server.Options{Username: "me", Password: password}, "nats",
			Login{User: "me", Password: file(password + "\n")}, Login{User: "me", Password: file("guess")},
		},
		{
			"NKey", &server.Options{Nkeys: []*server.NkeyUser{{Nkey: key.public}}}, "nats",
			Login{NKey: file(key.seed)}, Login{NKey: file(newKey(t, nkeys.CreateUser).seed)},
		},
		{
			"credentials", operated, "nats",
			Login{Credentials: file(credentials)}, Login{Credentials: file(strings.ReplaceAll(credentials, "SU", "S"))},
		},
		{
			"TLS", &server.Options{TLSConfig: tls}, "tls",
			Login{CA: client.CA, Cert: client.Cert, Key: client.Key}, Login{CA: client.CA},
		},
		{
			"TLS of an unknown authority", &server.Options{TLSConfig: tls}, "tls",
			Login{CA: client.CA, Cert: client.Cert, Key: client.Key}, Login{CA: pipetest.NewAuthority().File, Cert: client.Cert, Key: client.Key},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := startNATS(t, test.server)
			address, err := ParseAddress(test.scheme + "://" + s.Addr().String() + "/q")
			if err != nil {
				t.Fatal(err)
			}
			q, err := Connect(t.Context(), Config{Address: address, Make: true, Login: test.login})
			if err != nil {
				t.Fatal(err)
			}
			q.Close()
			for name, login := range map[string]Login{"none": {}, "another": test.wrong} {
				q, err := Connect(t.Context(), Config{Address: address, Make: true, Login: login})
				if err == nil {
					q.Close()
					t.Errorf("%s: let in", name)
					continue
				}
				for _, secret := range []string{password, "guess", key.seed} {
					if strings.Contains(err.Error(), secret) {
						t.Errorf("%s: %v tells a secret", name, err)
					}
				}
			}
		})
	}
	for name, login := range map[string]Login{
		"password":    {User: "me", Password: "/none"},
		"NKey":        {NKey: "/none"},
		"credentials": {Credentials: "/none"},
		"CA":          {CA: "/none"},
		"certificate": {Cert: "/none"},
	} {
		s := startNATS(t, &server.Options{})
		address, err := ParseAddress("nats://" + s.Addr().String() + "/q")
		if err != nil {
			t.Fatal(err)
		}
		if q, err := Connect(t.Context(), Config{Address: address, Make: true, Login: login}); err == nil {
			q.Close()
			t.Errorf("%s: a file that is missing is no error", name)
		} else if !strings.Contains(err.Error(), "/none") {
			t.Errorf("%s: %v does not name the file", name, err)
		}
	}
}

type keyPair struct {
	nkeys.KeyPair
	public, seed string
}

func newKey(t *testing.T, create func() (nkeys.KeyPair, error)) keyPair {
	t.Helper()
	pair, err := create()
	if err != nil {
		t.Fatal(err)
	}
	public, err := pair.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	seed, err := pair.Seed()
	if err != nil {
		t.Fatal(err)
	}
	return keyPair{pair, public, string(seed)}
}

// operatorMode returns a file of credentials and a server that lets them in: an operator has
// signed an account, and the account a user.
func operatorMode(t *testing.T) (credentials string, options *server.Options) {
	t.Helper()
	operator, account, user := newKey(t, nkeys.CreateOperator), newKey(t, nkeys.CreateAccount), newKey(t, nkeys.CreateUser)
	system := newKey(t, nkeys.CreateAccount)
	encode := func(claims interface {
		Encode(nkeys.KeyPair) (string, error)
	}, by keyPair) string {
		t.Helper()
		text, err := claims.Encode(by.KeyPair)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	claims := jwt.NewAccountClaims(account.public)
	claims.Limits.JetStreamLimits = jwt.JetStreamLimits{DiskStorage: -1, MemoryStorage: -1}
	accounts := &server.MemAccResolver{}
	for public, text := range map[string]string{
		account.public: encode(claims, operator),
		system.public:  encode(jwt.NewAccountClaims(system.public), operator),
	} {
		if err := accounts.Store(public, text); err != nil {
			t.Fatal(err)
		}
	}
	file, err := jwt.FormatUserConfig(encode(jwt.NewUserClaims(user.public), account), []byte(user.seed))
	if err != nil {
		t.Fatal(err)
	}
	trusted := jwt.NewOperatorClaims(operator.public)
	trusted.SystemAccount = system.public
	return string(file), &server.Options{
		TrustedOperators: []*jwt.OperatorClaims{trusted}, AccountResolver: accounts, SystemAccount: system.public,
	}
}
