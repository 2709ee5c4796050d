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

// A contender filters the photos once.
type contender struct {
	name string
	jobs int // filters at once
	run  func(jobs int) (measurement, error)
	base *contender // without a queue, with as many filters
	all  []measurement
}

// comparePhotos has all contenders filter copies of a JPEG, in turn, and writes a table. Each is
// compared with files that are filtered by as many processes.
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
	files := func(jobs int) (measurement, error) {
		return measure("netpipe", append(append([]string{"-run", "-o", newOut(), "-jobs", strconv.Itoa(jobs)}, filter...), "--", in)...)
	}
	folders := func(jobs int) (measurement, error) { return through(in, newOut(), jobs, filter) }
	var contenders []*contender
	for _, jobs := range []int{runtime.NumCPU(), 2 * runtime.NumCPU()} {
		base := &contender{name: "files: `netpipe -run`", jobs: jobs, run: files}
		base.base = base
		contenders = append(contenders, base, &contender{name: "`netqueue work`, folders", jobs: jobs, run: folders, base: base})
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
		last := contenders[len(contenders)-1]
		contenders = append(contenders, &contender{name: "`netqueue work`, S3", jobs: last.jobs, base: last.base, run: func(jobs int) (m measurement, err error) {
			before, err := proctree.Used(store.process.Process.Pid)
			if err != nil {
				return m, err
			}
			out := "s3://photos/" + filepath.Base(newOut())
			if m, err = through("s3://photos/in", out, jobs, filter, "-endpoint", store.endpoint, "-force"); err != nil {
				return m, err
			}
			after, err := proctree.Used(store.process.Process.Pid)
			m.cpu += after.Sub(before).CPU()
			return m, err
		}})
	}
	for range rounds {
		for _, c := range contenders {
			m, err := c.run(c.jobs)
			if err != nil {
				return err
			}
			c.all = append(c.all, m)
		}
	}
	writePhotos(contenders, photos)
	return nil
}

// writePhotos writes the medians of the times, as ratios to those of the base too, and the
// least CPU time.
func writePhotos(contenders []*contender, photos int) {
	fmt.Printf("%d photos, medians of %d rounds:\n\n", photos, len(contenders[0].all))
	fmt.Printf("| | jobs at once | photos/s | times as long | least processor time of one | times as much | messages/s |\n|---|--:|--:|--:|--:|--:|--:|\n")
	n := float64(photos)
	for _, c := range contenders {
		var speeds, ratios, messages []float64
		for round, m := range c.all {
			speeds = append(speeds, n/m.wall.Seconds())
			ratios = append(ratios, m.wall.Seconds()/c.base.all[round].wall.Seconds())
			messages = append(messages, float64(m.messages)/m.wall.Seconds())
		}
		least := c.leastCPU().Seconds()
		fmt.Printf("| %s | %d | %.0f | %.2f | %.2f ms | %.2f | %.0f |\n",
			c.name, c.jobs, figures.Median(speeds), figures.Median(ratios), least/n*1e3, least/c.base.leastCPU().Seconds(), figures.Median(messages))
	}
	fmt.Println()
}

// leastCPU returns the least processor time of all rounds.
func (c *contender) leastCPU() time.Duration {
	least := c.all[0].cpu
	for _, m := range c.all {
		least = min(least, m.cpu)
	}
	return least
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
