package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"imgpipe/scripts/bench/figures"
	"imgpipe/scripts/bench/proctree"
)

// A contender filters the photos once, with n filters at once.
type contender struct {
	name string
	run  func(n int) (measurement, error)
	all  []measurement
}

// comparePhotos has all contenders filter copies of a JPEG, in turn, and writes a table.
func comparePhotos(tmp, jpeg string, photos, rounds int) error {
	in := filepath.Join(tmp, "photos")
	results := 0
	// newOut returns a folder that is not there. No result is removed or replaced between the runs:
	// for some seconds, ext4 looks for new inodes among those that were freed, one by one.
	newOut := func() string {
		results++
		return filepath.Join(tmp, fmt.Sprintf("out-%d", results))
	}
	text, err := os.ReadFile(jpeg)
	if err != nil {
		return err
	}
	if err := os.Mkdir(in, 0o777); err != nil {
		return err
	}
	for i := range photos {
		if err := os.WriteFile(filepath.Join(in, fmt.Sprintf("%06d.jpg", i)), text, 0o666); err != nil {
			return err
		}
	}
	nats, err := startNATS(filepath.Join(tmp, "nats"))
	if err != nil {
		return err
	}
	defer nats.stop()
	filter := []string{"-reuse", "1000", "imgscale", "-worker"}
	queues := 0
	// through filters the objects of a place by a new queue.
	through := func(from, to string, jobs int, filter []string, options ...string) (measurement, error) {
		queues++
		options = append(options, "-queue", fmt.Sprintf("nats://%s/q%d", nats.addr, queues))
		if m, err := measure("netqueue", append([]string{"add", "-in", from, "-out", to}, options...)...); err != nil {
			return m, err
		}
		return work(nats, photos, append(append(options, "-jobs", strconv.Itoa(jobs)), filter...)...)
	}
	contenders := []*contender{
		{name: "files: `netpipe -run`", run: func(n int) (measurement, error) {
			return measure("netpipe", append(append([]string{"-run", "-o", newOut(), "-jobs", strconv.Itoa(n)}, filter...), "--", in)...)
		}},
		{name: "`netqueue work`, folders", run: func(n int) (measurement, error) { return through(in, newOut(), n, filter) }},
		{name: "`netqueue work`, folders, twice the jobs", run: func(n int) (measurement, error) { return through(in, newOut(), 2*n, filter) }},
	}
	store, err := startStore(filepath.Join(tmp, "store"))
	if err != nil {
		return err
	}
	if store != nil {
		defer store.stop()
		if _, err := through(in, "s3://photos/in", 2, []string{"cat"}, "-endpoint", store.endpoint); err != nil {
			return err
		}
		contenders = append(contenders, &contender{name: "`netqueue work`, S3, twice the jobs", run: func(n int) (m measurement, err error) {
			before, err := proctree.Used(store.process.Process.Pid)
			if err != nil {
				return m, err
			}
			out := "s3://photos/" + filepath.Base(newOut())
			if m, err = through("s3://photos/in", out, 2*n, filter, "-endpoint", store.endpoint, "-force"); err != nil {
				return m, err
			}
			after, err := proctree.Used(store.process.Process.Pid)
			m.cpu += after.Sub(before).CPU()
			return m, err
		}})
	}
	for range rounds {
		for _, c := range contenders {
			m, err := c.run(runtime.NumCPU())
			if err != nil {
				return err
			}
			c.all = append(c.all, m)
		}
	}
	writePhotos(contenders, photos)
	return nil
}

// writePhotos writes the medians of the times, as ratios to those of the first contender too,
// and the least CPU time.
func writePhotos(contenders []*contender, photos int) {
	fmt.Printf("%d photos, %d filters, medians of %d rounds:\n\n", photos, runtime.NumCPU(), len(contenders[0].all))
	fmt.Printf("| | photos/s | times as long | least processor time of one | times as much | messages/s |\n|---|--:|--:|--:|--:|--:|\n")
	n := float64(photos)
	var leastOfFirst float64
	for i, c := range contenders {
		var speeds, ratios, messages []float64
		least := c.all[0].cpu
		for round, m := range c.all {
			speeds = append(speeds, n/m.wall.Seconds())
			ratios = append(ratios, m.wall.Seconds()/contenders[0].all[round].wall.Seconds())
			messages = append(messages, float64(m.messages)/m.wall.Seconds())
			least = min(least, m.cpu)
		}
		each := least.Seconds() / n
		if i == 0 {
			leastOfFirst = each
		}
		fmt.Printf("| %s | %.0f | %.2f | %.2f ms | %.2f | %.0f |\n", c.name, figures.Median(speeds), figures.Median(ratios), each*1e3, each/leastOfFirst, figures.Median(messages))
	}
	fmt.Println()
}

// A store is versitygw with the bucket photos.
type store struct {
	process  *exec.Cmd
	endpoint string
}

// startStore returns nil if versitygw is not installed.
func startStore(dir string) (*store, error) {
	path, err := exec.LookPath("versitygw")
	if err != nil {
		fmt.Fprintln(os.Stderr, "skipped: S3: versitygw is not installed")
		return nil, nil
	}
	if err := os.MkdirAll(filepath.Join(dir, "photos"), 0o777); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l.Close()
	address := l.Addr().String()
	for name, value := range map[string]string{
		"ROOT_ACCESS_KEY": "benchmark", "ROOT_SECRET_KEY": "benchmark", "AWS_ACCESS_KEY_ID": "benchmark", "AWS_SECRET_ACCESS_KEY": "benchmark",
	} {
		if err := os.Setenv(name, value); err != nil {
			return nil, err
		}
	}
	s := &store{exec.Command(path, "--quiet", "--keep-alive", "--port", address, "posix", dir), "http://" + address}
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			return s, conn.Close()
		}
		if time.Now().After(deadline) {
			s.stop()
			return nil, fmt.Errorf("versitygw does not start: %w", err)
		}
	}
}

func (s *store) stop() {
	_ = s.process.Process.Kill()
	_ = s.process.Wait()
}
