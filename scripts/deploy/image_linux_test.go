package deploy_test

import (
	"bufio"
	"bytes"
	"context"
	"debug/elf"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"imgpipe/netpipe"
)

// TestImage runs the commands of the Dockerfile, and then the program with the arguments
// of the Dockerfile and of the Kubernetes deployment in the directory of the image: as
// process 1, as the user, with that directory as its root. The ports are others.
func TestImage(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds all programs")
	}
	dockerfile := string(read(t, "Dockerfile"))
	image := t.TempDir()
	if err := os.Chmod(image, 0o755); err != nil {
		t.Fatal(err)
	}
	commands := regexp.MustCompile(`(?m)^RUN (.*)$`).FindAllStringSubmatch(dockerfile, -1)
	if len(commands) != 3 {
		t.Fatalf("%d commands, want 3", len(commands))
	}
	for _, command := range commands {
		cmd := exec.Command("sh", "-e", "-c", strings.ReplaceAll(command[1], "/image", image))
		cmd.Dir = "../.."
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", command[1], err, out)
		}
	}
	for _, name := range []string{"imggray", "imgscale", "netpipe", "netqueue"} {
		program, err := elf.Open(filepath.Join(image, "usr/bin", name))
		if err != nil {
			t.Fatal(err)
		}
		if libraries, err := program.ImportedLibraries(); err != nil || len(libraries) > 0 || program.Section(".interp") != nil {
			t.Errorf("%s is not static: %q (%v)", name, libraries, err)
		}
		program.Close()
	}
	if os.Geteuid() != 0 {
		t.Skip("only root may change the root directory")
	}

	var entry, args []string
	instruction := func(name string, to *[]string) {
		text := regexp.MustCompile(`(?m)^` + name + ` (\[.*\])$`).FindStringSubmatch(dockerfile)
		if text == nil || json.Unmarshal([]byte(text[1]), to) != nil {
			t.Fatalf("there is no %s", name)
		}
	}
	instruction("ENTRYPOINT", &entry)
	instruction("CMD", &args)
	t.Run("Dockerfile", func(t *testing.T) { serveFrom(t, image, entry[0], args) })

	_, manifest, _ := strings.Cut(string(read(t, "kubernetes/deployment.yaml")), "args:\n")
	manifest, _, _ = strings.Cut(manifest, "env:\n")
	args = nil
	for _, m := range regexp.MustCompile(`(?m)^ +- (\S+)$`).FindAllStringSubmatch(manifest, -1) {
		args = append(args, m[1])
	}
	t.Run("Kubernetes", func(t *testing.T) { serveFrom(t, image, entry[0], args) })
}

// serveFrom runs a server in a root directory, sends it a picture over HTTP, and ends it.
func serveFrom(t *testing.T, root, program string, args []string) {
	line := regexp.MustCompile(`:[89]\d{3}`).ReplaceAllString(strings.Join(args, "\n"), "127.0.0.1:0")
	line = strings.ReplaceAll(line, "-drain-delay=10s", "-drain-delay=0")
	cmd := exec.Command(program, strings.Split(line, "\n")...)
	cmd.Env = []string{"PATH=/usr/bin"}
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Chroot: root, Cloneflags: syscall.CLONE_NEWPID,
		Credential: &syscall.Credential{Uid: 65532, Gid: 65532},
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Skipf("no namespace of processes: %v", err)
	}
	watchdog := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() })
	defer watchdog.Stop()
	var said bytes.Buffer
	address := ""
	lines := bufio.NewScanner(stderr)
	for address == "" && lines.Scan() {
		said.WriteString(lines.Text() + "\n")
		if m := regexp.MustCompile(`"listening","addr":"(http://[^"]+)"`).FindStringSubmatch(lines.Text()); m != nil {
			address = m[1]
		}
	}
	if address == "" {
		t.Fatalf("no port: %v\n%s", cmd.Wait(), said.String())
	}
	at, err := netpipe.ParseAddr(address)
	if err != nil {
		t.Fatal(err)
	}
	var answer bytes.Buffer
	client := netpipe.Client{Addr: at, Timeout: time.Minute}
	if err := client.Send(context.Background(), bytes.NewReader(read(t, "../../testdata/in/gray.jpg")), &answer); err != nil || answer.Len() == 0 {
		t.Errorf("an answer of %d bytes: %v", answer.Len(), err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	for lines.Scan() {
		said.WriteString(lines.Text() + "\n")
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, said.String())
	}
}
