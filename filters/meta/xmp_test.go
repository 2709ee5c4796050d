package meta

import "testing"

// TestOtherImagesGo: properties of other images in the same file are dropped.
func TestOtherImagesGo(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`<a hdrgm:Version="1.0" b="c"/>`, `<a b="c"/>`},
		{`<a hdrgm:Version='1.0'	hdrgm:Max="2">x</a>`, `<a>x</a>`},
		{`<a><hdrgm:Version>1</hdrgm:Version><hdrgm:Max/>x</a>`, `<a>x</a>`},
		{`<a><Container:Directory><rdf:Seq>1</rdf:Seq></Container:Directory></a>`, `<a></a>`},
		{`<a><xmp:Thumbnails rdf:parseType="Resource">base64</xmp:Thumbnails></a>`, `<a></a>`},
		{`<a xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" b="hdrgm:"/>`, `<a xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" b="hdrgm:"/>`},
		{`<a xmpNote:HasExtendedXMP="0123"/>`, `<a/>`},
		{`<a hdrgm:Version="1.0`, ``},
		{`<a><hdrgm:Version>`, ``},
		{`hdrgm:`, `hdrgm:`},
		{``, ``},
	} {
		var m Metadata
		m.SetXMP([]byte(c.in))
		if string(m.XMP) != c.want {
			t.Errorf("of %s is kept %s, want %s", c.in, m.XMP, c.want)
		}
	}
}

// TestExtensionNeedsItsPacket: an extension stays only with the packet that names it, and
// the name of an extension only with the extension.
func TestExtensionNeedsItsPacket(t *testing.T) {
	const main = `<a xmpNote:HasExtendedXMP="0123"/>`
	for _, c := range []struct{ name, packet, extension, want, wantExtension string }{
		{"both", main, `<b/>`, main, `<b/>`},
		{"both, without properties of other images", main, `<b hdrgm:Version="1.0"/>`, main, `<b/>`},
		{"nothing is left of the packet", `<a hdrgm:Version="1.0`, `<b/>`, ``, ``},
		{"nothing is left of the extension", main, `<b hdrgm:Version="1.0`, `<a/>`, ``},
		{"an extension without bytes", main, ``, `<a/>`, ``},
	} {
		var m Metadata
		m.SetExtendedXMP([]byte(c.packet), []byte(c.extension))
		if string(m.XMP) != c.want || string(m.ExtendedXMP) != c.wantExtension {
			t.Errorf("%s: %q and %q, want %q and %q", c.name, m.XMP, m.ExtendedXMP, c.want, c.wantExtension)
		}
	}
}
