package queue

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"imgpipe/netpipe/internal/pipetest"
)

// freePorts returns ports of 127.0.0.1 that are free at the moment.
func freePorts(t testing.TB, n int) (ports []int) {
	t.Helper()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

// clusterOptions returns the options of the servers of a cluster, each with a directory of
// its own.
func clusterOptions(t testing.TB, n int) (all []*server.Options) {
	t.Helper()
	ports := freePorts(t, 2*n)
	var routes []*url.URL
	for _, port := range ports[n:] {
		routes = append(routes, &url.URL{Scheme: "nats", Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(port))})
	}
	for i := range n {
		all = append(all, &server.Options{
			ServerName: fmt.Sprintf("server-%d", i), Port: ports[i], Routes: routes,
			Cluster:  server.ClusterOpts{Name: "tests", Host: "127.0.0.1", Port: ports[n+i]},
			StoreDir: t.TempDir(),
		})
	}
	return all
}

// A cluster has copies of the queue, and goes on when one server is gone.
func TestCluster(t *testing.T) {
	pipetest.LeavesNothing(t)
	var servers []*server.Server
	var hosts []string
	for _, options := range clusterOptions(t, 3) {
		servers = append(servers, startNATS(t, options))
		hosts = append(hosts, net.JoinHostPort("127.0.0.1", strconv.Itoa(options.Port)))
	}
	address, err := ParseAddress("nats://" + strings.Join(hosts, ",") + "/q")
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{t: t, config: Config{Address: address, Make: true, Replicas: 3}, in: t.TempDir(), out: t.TempDir(), results: make(chan Result, 100)}
	pipetest.Eventually(t, func() (err error) {
		s.queue, err = Connect(t.Context(), s.config)
		return err
	})
	t.Cleanup(s.queue.Close)
	for _, stream := range []string{s.queue.jobsStream(), s.queue.failuresStream()} {
		info, err := s.queue.js.Stream(t.Context(), stream)
		if err != nil || info.CachedInfo().Config.Replicas != 3 {
			t.Errorf("%s: %+v, %v", stream, info, err)
		}
	}
	s.write("a", "read write:10")
	s.write("bad", "read say:why exit:1")
	s.add(false, Added{Jobs: 2})
	s.work(nil)
	s.ended(Done, Failed)

	stopNATS(servers[0])
	s.write("b", "read write:20")
	pipetest.Eventually(t, func() error {
		_, err := s.queue.Add(t.Context(), Addition{In: s.location(s.in), Out: s.location(s.out), After: "a"})
		return err
	})
	s.ended(Done)
	pipetest.Eventually(t, func() error {
		got, err := s.queue.Counts(t.Context())
		if got.Oldest = 0; err == nil && got != (Counts{Added: 3, Done: 2, Failed: 1}) {
			err = fmt.Errorf("counts: %+v", got)
		}
		return err
	})
	s.wantOut(map[string]int{"a": 10, "b": 20})
}
