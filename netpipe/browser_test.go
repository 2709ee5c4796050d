package netpipe

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
)

// A browser is a headless Chromium with one page, driven by the DevTools protocol
// over two pipes: JSON messages, each followed by a NUL.
type browser struct {
	t       *testing.T
	in      *os.File
	out     *bufio.Reader
	last    int
	session string
	events  []string // errors that it reported
}

type message struct {
	ID        int             `json:"id,omitempty"`
	SessionID string          `json:"sessionId,omitempty"`
	Method    string          `json:"method,omitempty"`
	Params    any             `json:"params,omitempty"`
	Result    json.RawMessage `json:"result,omitempty"`
	Error     json.RawMessage `json:"error,omitempty"`
}

type args = map[string]any

// openBrowser starts a browser with the page at url. Without Chromium the test is skipped.
func openBrowser(t *testing.T, url string) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium: the page is not tested")
	}
	theirIn, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, theirOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-extensions", "--window-size=900,780",
		"--user-data-dir="+t.TempDir(), "--remote-debugging-pipe", "about:blank")
	cmd.ExtraFiles = []*os.File{theirIn, theirOut}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	fdio.CloseFiles(theirIn, theirOut)
	_ = out.SetReadDeadline(time.Now().Add(3 * pipetest.Patience))
	b := &browser{t: t, in: in, out: bufio.NewReader(out)}
	t.Cleanup(func() {
		b.session = ""
		b.call("Browser.close", nil)
		_ = cmd.Wait()
		fdio.CloseFiles(in, out)
	})
	var target struct{ TargetID, SessionID string }
	b.read(b.call("Target.createTarget", args{"url": "about:blank"}), &target)
	b.read(b.call("Target.attachToTarget", args{"targetId": target.TargetID, "flatten": true}), &target)
	b.session = target.SessionID
	b.call("Log.enable", nil)
	b.call("Runtime.enable", nil)
	b.open(url)
	return b
}

// call calls a method and returns its result.
func (b *browser) call(method string, params args) json.RawMessage {
	b.t.Helper()
	b.last++
	text, err := json.Marshal(message{ID: b.last, SessionID: b.session, Method: method, Params: params})
	if err == nil {
		_, err = b.in.Write(append(text, 0))
	}
	if err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
	for {
		text, err := b.out.ReadBytes(0)
		if err != nil {
			b.t.Fatalf("%s: %v", method, err)
		}
		var m message
		if err := json.Unmarshal(bytes.TrimSuffix(text, []byte{0}), &m); err != nil {
			b.t.Fatal(err)
		}
		switch {
		case m.Method == "Log.entryAdded", m.Method == "Runtime.exceptionThrown":
			b.events = append(b.events, string(text))
		case m.ID == b.last && m.Error != nil:
			b.t.Fatalf("%s: %s", method, m.Error)
		case m.ID == b.last:
			return m.Result
		}
	}
}

func (b *browser) read(result json.RawMessage, to any) {
	b.t.Helper()
	if err := json.Unmarshal(result, to); err != nil {
		b.t.Fatal(err)
	}
}

func (b *browser) open(url string) {
	b.t.Helper()
	b.call("Page.navigate", args{"url": url})
	b.await(fmt.Sprintf(`location.href === %q && document.readyState === "complete"`, url+"/"))
}

// eval returns the value of an expression, or of the promise that the expression is.
func (b *browser) eval(expression string) any {
	b.t.Helper()
	var r struct {
		Result           struct{ Value any }
		ExceptionDetails json.RawMessage
	}
	b.read(b.call("Runtime.evaluate", args{"expression": expression, "awaitPromise": true, "returnByValue": true}), &r)
	if r.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", expression, r.ExceptionDetails)
	}
	return r.Result.Value
}

// await waits until a condition holds.
func (b *browser) await(condition string) {
	b.t.Helper()
	for end := time.Now().Add(pipetest.Patience); b.eval(condition) != true; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			b.t.Fatalf("never: %s; status %q", condition, b.eval(`document.getElementById("status")?.textContent`))
		}
	}
}

// choose chooses a file as the dialog would.
func (b *browser) choose(path string) {
	b.t.Helper()
	var node struct {
		Root   struct{ NodeID int }
		NodeID int
	}
	b.read(b.call("DOM.getDocument", nil), &node)
	b.read(b.call("DOM.querySelector", args{"nodeId": node.Root.NodeID, "selector": "#file"}), &node)
	b.call("DOM.setFileInputFiles", args{"nodeId": node.NodeID, "files": []string{path}})
}

// drop drops a file in the middle of the frame, as a mouse would.
func (b *browser) drop(path string) {
	b.t.Helper()
	for _, step := range []string{"dragEnter", "dragOver", "drop"} {
		b.call("Input.dispatchDragEvent", args{"type": step, "x": 450, "y": 180,
			"data": args{"items": []any{}, "files": []string{path}, "dragOperationsMask": 1}})
	}
}

// shown returns what the page shows of a picture: its size in pixels, and the text beside it.
func (b *browser) shown(id string) string {
	b.t.Helper()
	return fmt.Sprint(b.eval(fmt.Sprintf(`document.getElementById(%q).naturalWidth + "x" + document.getElementById(%[1]q).naturalHeight + " " +
		document.getElementById(%[1]q + "-facts").textContent`, id)))
}

func TestPage(t *testing.T) {
	picture, err := filepath.Abs("../testdata/rocket.jpg")
	if err != nil {
		t.Fatal(err)
	}
	server := start(t, overHTTP("copy"))
	b := openBrowser(t, server.addr.String())
	const done = `!document.getElementById("pictures").hidden`

	for _, test := range []struct {
		name string
		how  func(string)
	}{{"chosen", b.choose}, {"dropped", b.drop}} {
		test.how(picture)
		b.await(done + ` && document.getElementById("status").textContent.includes("done")`)
		server.verdict(whole)
		for id, want := range map[string]string{"before": "640x427 640 × 427, 113 kB", "after": "640x427 640 × 427, 113 kB, "} {
			if got := b.shown(id); !strings.HasPrefix(got, want) {
				t.Errorf("%s: %s: want %q, got %q", test.name, id, want, got)
			}
		}
		if name := b.eval(`document.getElementById("save").download`); name != "rocket.jpg" {
			t.Errorf("%s: saved as %v", test.name, name)
		}
	}

	t.Log("by keyboard alone")
	b.open(server.addr.String())
	for _, kind := range []string{"keyDown", "keyUp"} {
		b.call("Input.dispatchKeyEvent", args{"type": kind, "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9})
	}
	b.await(`document.activeElement.id === "file" && document.activeElement.labels[0].textContent.includes("Choose a picture")`)

	if len(b.events) > 0 {
		t.Errorf("the browser complains: %s", b.events)
	}

	t.Log("a bad picture")
	bad := start(t, overHTTP("read", "say:imgcopy: input: <b>bad</b>", "exit:1"))
	b.open(bad.addr.String())
	b.choose(picture)
	b.await(`document.getElementById("status").className === "bad"`)
	if got := b.eval(`document.getElementById("status").textContent`); got != "422: imgcopy: input: <b>bad</b>" {
		t.Errorf("got %q", got)
	}
	if b.eval(done) != false {
		t.Error("a bad picture is shown")
	}

	t.Log("a server that is gone")
	bad.stop()
	_ = bad.wait()
	b.choose(picture)
	b.await(`document.getElementById("status").textContent.startsWith("No whole answer came")`)
}
