package netpipe

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
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
	events  []string // errors that it reported, but not those of the network
	saved   int      // files whose saving has ended, without those that were asked for
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

// testName is a name by which the browser finds this machine.
const testName = "pictures.example.org"

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
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-extensions", "--host-resolver-rules=MAP "+testName+" 127.0.0.1",
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
	b.resize(desktop)
	b.open(url)
	return b
}

// A screen is what the page is shown on.
type screen struct {
	name          string
	width, height int
	touch         bool
}

var (
	phone   = screen{"phone", 360, 740, true}
	desktop = screen{"desktop", 1280, 900, false}
)

func (b *browser) resize(s screen) {
	b.t.Helper()
	b.call("Emulation.setDeviceMetricsOverride", args{"width": s.width, "height": s.height, "deviceScaleFactor": 1, "mobile": s.touch})
	b.call("Emulation.setTouchEmulationEnabled", args{"enabled": s.touch})
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
		case m.Method == "Log.entryAdded" && !bytes.Contains(text, []byte(`"source":"network"`)), m.Method == "Runtime.exceptionThrown":
			b.events = append(b.events, string(text))
		case m.Method == "Browser.downloadProgress":
			if params, _ := m.Params.(args); params["state"] == "completed" {
				b.saved++
			}
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

// open opens the page at url, and waits until it is ready.
func (b *browser) open(url string) {
	b.t.Helper()
	if !strings.Contains(url, "?") {
		url += "/"
	}
	b.call("Page.navigate", args{"url": url})
	b.await(fmt.Sprintf(`location.href === %q && document.querySelector("html[data-ready]") !== null`, url))
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

// choose chooses files as the dialog would.
func (b *browser) choose(paths ...string) {
	b.t.Helper()
	b.chooseBy("#file", paths...)
}

func (b *browser) chooseBy(input string, paths ...string) {
	b.t.Helper()
	var node struct {
		Root   struct{ NodeID int }
		NodeID int
	}
	b.read(b.call("DOM.getDocument", nil), &node)
	b.read(b.call("DOM.querySelector", args{"nodeId": node.Root.NodeID, "selector": input}), &node)
	b.call("DOM.setFileInputFiles", args{"nodeId": node.NodeID, "files": paths})
}

// drop drops files on the page, as a mouse would.
func (b *browser) drop(paths ...string) {
	b.t.Helper()
	for _, step := range []string{"dragEnter", "dragOver", "drop"} {
		b.call("Input.dispatchDragEvent", args{"type": step, "x": 300, "y": 180,
			"data": args{"items": []any{}, "files": paths, "dragOperationsMask": 1}})
	}
}

// press presses a key.
func (b *browser) press(key string, code int) {
	b.t.Helper()
	for _, kind := range []string{"keyDown", "keyUp"} {
		b.call("Input.dispatchKeyEvent", args{"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code})
	}
}

// saves has the browser save to the directory that it returns, without a question.
func (b *browser) saves() string {
	b.t.Helper()
	dir := b.t.TempDir()
	session := b.session
	b.session = ""
	b.call("Browser.setDownloadBehavior", args{"behavior": "allow", "downloadPath": dir, "eventsEnabled": true})
	b.session = session
	return dir
}

// awaitFile waits until the browser has saved a file, and returns it.
func (b *browser) awaitFile(path string) []byte {
	b.t.Helper()
	for end := time.Now().Add(pipetest.Patience); b.saved == 0; time.Sleep(10 * time.Millisecond) {
		b.eval("0") // events come between answers
		if time.Now().After(end) {
			b.t.Fatalf("never saved: %s", path)
		}
	}
	b.saved--
	return readFile(b.t, path)
}

// capture returns a PNG of the whole page.
func (b *browser) capture() []byte {
	b.t.Helper()
	var shot struct{ Data []byte }
	b.read(b.call("Page.captureScreenshot", args{"format": "png", "captureBeyondViewport": true}), &shot)
	return shot.Data
}
