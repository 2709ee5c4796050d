package netpipe

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"imgpipe/netpipe/internal/pipetest"
)

// Several pictures, of which one is bad and some are of formats that a browser does not show.
func TestPage(t *testing.T) {
	s := overHTTP()
	s.Filter, s.About = picky, "imgcopy <b>all</b>"
	server := start(t, s)
	b := openBrowser(t, server.addr.String())
	dir := b.saves()
	if does := b.eval(`document.querySelector("h1").textContent`); does != s.About {
		t.Errorf("what the server does: got %q", does)
	}
	rocket, tiff, ppm, png := testFile(t, "rocket.jpg"), testFile(t, "in/pages.tiff"), testFile(t, "in/rgb10.ppm"), testFile(t, "in/gray8.png")
	again := newFile(t, "ROCKET.jpg", readFile(t, rocket))
	bad := newFile(t, "bad.jpg", []byte("bad"))
	liar := newFile(t, "liar.jpg", readFile(t, png))
	for _, on := range []screen{desktop, phone} {
		t.Run(on.name, func(t *testing.T) {
			b.t = t
			b.resize(on)
			b.open(server.addr.String())
			b.choose(rocket, tiff, bad)
			b.awaitStatus("2 of 3 pictures done, 1 failed.")
			b.drop(ppm, liar, again)
			b.awaitStatus("5 of 6 pictures done, 1 failed.")
			b.await(`document.querySelectorAll("#rows li")[0].textContent.includes("427")`)
			b.wantRows(
				"done rocket.jpg: 113 kB → 113 kB, 640 × 427, ",
				"done pages.tiff: ",
				"failed bad.jpg: The filter cannot read this file as a picture. / imgcopy: input: <b>bad</b>",
				"done rgb10.ppm: ", "done liar.jpg: ", "done ROCKET.jpg: ")

			t.Log("the pictures, before and after")
			for i, want := range []string{"JPEG, 640 × 427, 113 kB", "TIFF, 61 × 41, ", "", "PNM, 61 × 41, ", "PNG, "} {
				if want == "" {
					continue
				}
				b.click(fmt.Sprintf("#rows li:nth-child(%d) .thumb", i+1))
				b.await(fmt.Sprintf(`["before", "after"].every((id) => document.getElementById(id + "-facts").textContent.replaceAll("\u00a0", " ").startsWith(%q))`, want))
				isCard := b.eval(`document.querySelectorAll("#pictures .card").length`)
				if want := strings.HasPrefix(want, "TIFF") || strings.HasPrefix(want, "PNM"); (isCard == 2.0) != want {
					t.Errorf("%s: %v cards", b.facts("after"), isCard)
				}
			}

			t.Log("all in one archive")
			b.click("#save-all")
			wantArchive(t, b.awaitFile(filepath.Join(dir, "pictures.zip")), map[string]string{
				"rocket.jpg": rocket, "pages.tiff": tiff, "rgb10.ppm": ppm, "liar.png": liar, "ROCKET (2).jpg": again,
			})
			_ = os.Remove(filepath.Join(dir, "pictures.zip"))
			b.click("#rows li:nth-child(5) a")
			if got := b.awaitFile(filepath.Join(dir, "liar.png")); !bytes.Equal(got, readFile(t, png)) {
				t.Errorf("liar.png: got %d bytes", len(got))
			}
			_ = os.Remove(filepath.Join(dir, "liar.png"))

			t.Log("how it fits")
			if wider := b.eval(`document.documentElement.scrollWidth - document.documentElement.clientWidth`); wider != 0.0 {
				t.Errorf("the page is %v px wider than the screen", wider)
			}
			small := b.eval(`[...document.querySelectorAll("button, a, .button")].filter((e) => e.offsetParent && !(e.offsetHeight >= 44 && e.offsetWidth >= 44)).map((e) => e.outerHTML).join()`)
			if small != "" {
				t.Errorf("too small for a finger: %v", small)
			}
			if camera := b.eval(`document.getElementById("take").offsetParent !== null`); camera != on.touch {
				t.Errorf("a button for the camera: got %v", camera)
			}

			t.Log("the bad one again, and an end")
			b.click("#rows li:nth-child(3) .actions button")
			b.awaitStatus("5 of 6 pictures done, 1 failed.")
			b.click("#clear")
			b.wantRows()
			b.await(`document.getElementById("pictures").hidden && document.activeElement.id === "file"`)
			b.wantNoComplaint()
		})
	}
}

// wantArchive compares the files of a ZIP archive with others, by name.
func wantArchive(t *testing.T, archive []byte, want map[string]string) {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatalf("the archive: %v", err)
	}
	for _, file := range r.File {
		in, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(in) // checks the CRC
		if err != nil || !bytes.Equal(got, readFile(t, want[file.Name])) {
			t.Errorf("%s: got %d bytes and %v", file.Name, len(got), err)
		}
	}
	if len(r.File) != len(want) {
		t.Errorf("want %d files, got %d", len(want), len(r.File))
	}
}

// Of a folder that is dropped, the pictures count, and keep their folders. A picture may be
// pasted, or come from the camera.
func TestPageWaysIn(t *testing.T) {
	server := start(t, overHTTP("copy"))
	b := openBrowser(t, server.addr.String())
	dir := b.saves()
	rocket, gray := testFile(t, "rocket.jpg"), testFile(t, "in/gray8.png")
	album := filepath.Join(t.TempDir(), "album.2026")
	for name, content := range map[string][]byte{"b": readFile(t, rocket), "a/c.png": readFile(t, gray), "a/notes.txt": []byte("notes")} {
		path := filepath.Join(album, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b.drop(album, gray)
	b.awaitStatus("3 pictures done.")
	b.eval(`{
		const data = new DataTransfer();
		data.items.add(new File(["pasted"], "image.png"));
		document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
	}`)
	b.awaitStatus("4 pictures done.")
	b.chooseBy("#camera", rocket)
	b.awaitStatus("5 pictures done.")
	b.wantRows("done album.2026/a/c.png: ", "done album.2026/b: ", "done gray8.png: ", "done image.png: 6 B → 6 B", "done rocket.jpg: ")
	b.click("#save-all")
	wantArchive(t, b.awaitFile(filepath.Join(dir, "pictures.zip")), map[string]string{
		"album.2026/a/c.png": gray, "album.2026/b.jpg": rocket, "gray8.png": gray, "image.png": newFile(t, "pasted", []byte("pasted")), "rocket.jpg": rocket,
	})
	b.wantNoComplaint()
}

// The page hands the parameters of its own address on to the filter.
func TestPageParams(t *testing.T) {
	s := overHTTP()
	s.Filter, s.Params = []string{"sh", "-c", `cat; printf %s "$1"`, "sh"}, []string{"size"}
	server := start(t, s)
	b := openBrowser(t, server.addr.String())
	for query, want := range map[string]string{
		"?size=200x": "done picture: 4 B → 14 B",
		"?depth=1":   "failed picture: The server did not understand the request. / ",
	} {
		b.open(server.addr.String() + "/" + query)
		b.choose(newFile(t, "picture", []byte("abcd")))
		b.await(`document.querySelector("#rows .done, #rows .failed") !== null`)
		b.wantRows(want)
	}
	b.wantNoComplaint()
}

// By keyboard alone, the page can be used, and what it does can be heard.
func TestPageByKeyboard(t *testing.T) {
	s := overHTTP()
	s.Filter = picky
	server := start(t, s)
	b := openBrowser(t, server.addr.String())
	b.press("Tab", 9)
	b.await(`document.activeElement.id === "file" && document.activeElement.labels[0].textContent.includes("Choose pictures")`)
	b.choose(testFile(t, "rocket.jpg"), newFile(t, "bad.jpg", []byte("bad")))
	b.awaitStatus("1 of 2 pictures done, 1 failed.")
	var names []string
	for range 6 {
		b.press("Tab", 9)
		names = append(names, fmt.Sprint(b.eval(`document.activeElement.ariaLabel ?? document.activeElement.textContent`)))
	}
	want := []string{"Clear", "Show rocket.jpg, before and after", "Save rocket.jpg", "Try again: bad.jpg", "", ""}
	if !slices.Equal(names[:4], want[:4]) {
		t.Errorf("the focus goes to %q", names)
	}
	if live := b.eval(`document.querySelector("[role=status]").ariaLive`); live != "polite" {
		t.Errorf("the status is not announced: %v", live)
	}
	b.wantNoComplaint()
}

// A few pictures are under way at once; others wait; one can be called back.
func TestPageCancel(t *testing.T) {
	meeting := pipetest.NewMeeting(t)
	server := start(t, overHTTP("read", "meet:"+meeting.String(), "write:10"))
	b := openBrowser(t, server.addr.String())
	var files []string
	for i := range 4 {
		files = append(files, newFile(t, fmt.Sprint(i, ".jpg"), []byte("picture")))
	}
	b.choose(files...)
	filters := []net.Conn{meeting.Come(), meeting.Come(), meeting.Come()}
	b.await(`document.querySelectorAll("#rows .sending").length === 3 && document.querySelectorAll("#rows .waiting").length === 1`)
	b.click("#rows li:nth-child(1) .actions button")
	server.verdict(clientGone)
	filters = append(filters, meeting.Come())
	b.await(`document.querySelector("#rows li").className === "cancelled"`)
	for _, filter := range filters {
		filter.Close()
	}
	b.awaitStatus("3 of 4 pictures done, 1 cancelled.")
	b.click("#rows li:nth-child(1) .actions button")
	meeting.Come().Close()
	b.awaitStatus("4 pictures done.")
	b.wantNoComplaint()
}

// The page asks for a token, keeps it as long as its tab is open, and asks again if the
// server does not know it.
func TestPageToken(t *testing.T) {
	s := overHTTP("copy")
	s.Tokens = readTokenFile(t, "anna "+annasToken)
	server := start(t, s)
	b := openBrowser(t, server.addr.String())
	const asks = `!document.getElementById("ask").hidden`
	give := func(token string) {
		t.Helper()
		b.await(asks + ` && document.activeElement.id === "token"`)
		b.eval(fmt.Sprintf(`document.getElementById("token").value = %q; document.querySelector("#ask button").click()`, token))
	}
	b.await(asks)
	b.choose(testFile(t, "rocket.jpg"), testFile(t, "in/gray8.png"))
	b.wantRows("waiting rocket.jpg", "waiting gray8.png")
	give("ä")
	b.await(`document.getElementById("ask-hint").textContent.startsWith("A token has no spaces")`)
	give("unknown-0123456789")
	server.verdict(refused)
	b.await(asks + ` && document.getElementById("ask-hint").textContent === "The server does not know this token."`)
	give(annasToken)
	b.awaitStatus("2 pictures done.")
	b.open(server.addr.String())
	b.choose(testFile(t, "rocket.jpg"))
	b.awaitStatus("1 picture done.")
	if b.eval(asks) != false {
		t.Error("the page asks again")
	}
	b.wantNoComplaint()
}

// The page works below a path of nginx, by a name that Hosts has.
func TestPageBehindNginx(t *testing.T) {
	s := overHTTP("copy")
	s.Hosts = []string{testName}
	server := start(t, s)
	_, port, _ := net.SplitHostPort(behindNginx(t, server.addr))
	b := openBrowser(t, "http://"+testName+":"+port+"/img")
	b.choose(testFile(t, "rocket.jpg"))
	b.awaitStatus("1 picture done.")
	b.choose(newFile(t, "large.jpg", make([]byte, 2<<20)))
	b.awaitStatus("1 of 2 pictures done, 1 failed.")
	b.wantRows("done rocket.jpg: ", "failed large.jpg: The picture is larger than the server takes.")
	b.wantNoComplaint()
}

// An answer that breaks off is never shown, and each failure has words.
func TestPageFailures(t *testing.T) {
	s := overHTTP("copy")
	s.MaxInput = 1000
	server := start(t, s)
	answers := map[string]string{
		"cut-length.jpg":  "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 1000\r\n\r\nhalf",
		"cut-chunks.jpg":  "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
		"cut-head.jpg":    "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n",
		"endless.jpg":     "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\nhalf",
		"none.jpg":        "",
		"chunks.jpg":      "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\n\r\n",
		"proxy.jpg":       "HTTP/1.1 503 Busy\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<h1>Busy</h1>",
		"sign-in.jpg":     "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 16\r\n\r\n<h1>Sign in</h1>",
		"overloaded.jpg":  "HTTP/1.1 429 Too Many Requests\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nbusy",
		"unheard-of.jpg":  "HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n",
		"whole-again.jpg": "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 4\r\n\r\nhalf",
	}
	proxy := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			server.server.Handler().ServeHTTP(rw, r)
			return
		}
		name, _ := io.ReadAll(r.Body)
		conn, _, err := rw.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(conn, answers[string(name)])
		conn.Close()
	}))
	t.Cleanup(proxy.Close)
	b := openBrowser(t, proxy.URL)
	var files []string
	for name := range answers {
		files = append(files, newFile(t, name, []byte(name)))
	}
	slices.SortFunc(files, func(a, b string) int { return strings.Compare(filepath.Base(a), filepath.Base(b)) })
	b.choose(append(files, newFile(t, "x-large.jpg", make([]byte, 1001)))...)
	b.awaitStatus("2 of 12 pictures done, 10 failed.")
	const broken = "The connection broke before the whole answer came. Nothing of it is shown or saved."
	b.wantRows("done chunks.jpg: 10 B → 4 B", "failed cut-chunks.jpg: "+broken, "failed cut-head.jpg: "+broken, "failed cut-length.jpg: "+broken,
		"failed endless.jpg: "+broken, "failed none.jpg: "+broken,
		"failed overloaded.jpg: You have too many pictures under way at once. Try again in a moment. / busy",
		"failed proxy.jpg: The server is busy, or about to stop. Try again in a moment.",
		"failed sign-in.jpg: Something other than the filter has answered",
		"failed unheard-of.jpg: The server said 418, which this page does not know.",
		"done whole-again.jpg: 15 B → 4 B",
		"failed x-large.jpg: The picture is larger than the server takes: 1.0 kB at most.")
	if links := b.eval(`[...document.querySelectorAll("#rows a")].filter((a) => a.href).length`); links != 2.0 {
		t.Errorf("want two answers to save, got %v", links)
	}
	b.wantNoComplaint()

	t.Log("each status that the server can give has words")
	for _, o := range outcomes {
		words := fmt.Sprint(b.eval(fmt.Sprintf(`import("./words.js").then((m) => m.explain(%d, "text/plain", "").words)`, o.status)))
		if known := !strings.Contains(words, "does not know."); known != (o.status != 0) && o.status != 417 && o.status != 501 { // the browser's own faults
			t.Errorf("status %d: got %q", o.status, words)
		}
	}
}
