// One TLS connection of Go's crypto/tls, which speaks as peer.cpp does: lines in, lines out.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
)

var (
	server     = flag.Bool("server", false, "")
	port       = flag.String("port", "0", "")
	name       = flag.String("name", "", "")
	cert       = flag.String("cert", "", "")
	key        = flag.String("key", "", "")
	ca         = flag.String("ca", "", "")
	alpn       = flag.String("alpn", "", "")
	clientAuth = flag.Bool("client-auth", false, "")
	sessions   = flag.Bool("sessions", false, "keep tickets")
	first      = flag.String("first", "", "port to connect to before, for a ticket")
	ticketKey  = flag.Bool("ticket-key", false, "the same for all servers")
	p256       = flag.Bool("p256", false, "prefer P-256")
	keyLog     = flag.String("key-log", "", "")
	output     = flag.String("output", "", "")
	expect     = flag.Int("expect", 0, "")
)

// Where the last ticket ends up; used when there was a connection before.
type shelf struct{}

var kept *tls.ClientSessionState

func (shelf) Get(string) (*tls.ClientSessionState, bool) { return kept, kept != nil && *first != "" }
func (shelf) Put(_ string, state *tls.ClientSessionState) {
	fmt.Println("ticket")
	kept = state
}

// A connection that is over when the server closes it.
func firstConnection() {
	raw, err := net.Dial("tcp", "127.0.0.1:"+*first)
	must(err)
	conn := tls.Client(raw, config())
	_, err = io.Copy(io.Discard, conn)
	must(err)
	conn.Close()
}

func must(err error) {
	if err != nil {
		fmt.Println("failed", err)
		os.Exit(2)
	}
}

func config() *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS13, ServerName: *name}
	if *cert != "" {
		pair, err := tls.LoadX509KeyPair(*cert, *key)
		must(err)
		c.Certificates = []tls.Certificate{pair}
	}
	if *ca != "" {
		pem, err := os.ReadFile(*ca)
		must(err)
		c.RootCAs = x509.NewCertPool()
		c.RootCAs.AppendCertsFromPEM(pem)
		c.ClientCAs = c.RootCAs
	}
	if *alpn != "" {
		c.NextProtos = strings.Split(*alpn, ",")
	}
	if *ticketKey {
		c.SetSessionTicketKeys([][32]byte{{1}})
	}
	if *sessions {
		c.ClientSessionCache = shelf{}
	}
	if *clientAuth {
		c.ClientAuth = tls.RequireAndVerifyClientCert
	}
	if *p256 {
		c.CurvePreferences = []tls.CurveID{tls.CurveP256, tls.X25519}
	}
	if *keyLog != "" {
		file, err := os.Create(*keyLog)
		must(err)
		c.KeyLogWriter = file
	}
	return c
}

func open() *tls.Conn {
	if !*server {
		raw, err := net.Dial("tcp", "127.0.0.1:"+*port)
		must(err)
		return tls.Client(raw, config())
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+*port)
	must(err)
	fmt.Println("listening", listener.Addr().(*net.TCPAddr).Port)
	raw, err := listener.Accept()
	must(err)
	listener.Close()
	return tls.Server(raw, config())
}

func receive(conn *tls.Conn, over chan<- bool) {
	var file *os.File
	if *output != "" {
		file, _ = os.Create(*output)
	}
	buffer, total := make([]byte, 65536), 0
	for {
		size, err := conn.Read(buffer)
		if file != nil {
			file.Write(buffer[:size])
		} else if size != 0 {
			fmt.Printf("data %d %s\n", size, strings.ReplaceAll(string(buffer[:size]), "\n", "."))
		}
		if total < *expect && total+size >= *expect {
			fmt.Println("received all")
		}
		total += size
		if err == io.EOF {
			fmt.Println("peer closed")
			break
		}
		must(err)
	}
	over <- true
}

func main() {
	flag.Parse()
	if *first != "" {
		firstConnection()
	}
	conn := open()
	must(conn.Handshake())
	state := conn.ConnectionState()
	who := "-"
	if len(state.PeerCertificates) != 0 {
		who = strings.ReplaceAll(state.PeerCertificates[0].Subject.CommonName, " ", "_")
	}
	if state.DidResume {
		fmt.Println("resumed")
	}
	fmt.Printf("connected %s alpn=%s sni=%s peer=%s\n", tls.CipherSuiteName(state.CipherSuite), state.NegotiatedProtocol,
		state.ServerName, who)
	over := make(chan bool)
	go receive(conn, over)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		word, rest, _ := strings.Cut(lines.Text(), " ")
		switch word {
		case "send":
			_, err := conn.Write([]byte(rest + "\n"))
			must(err)
		case "file":
			data, err := os.ReadFile(rest)
			must(err)
			_, err = conn.Write(data)
			must(err)
		case "export":
			material, err := state.ExportKeyingMaterial(rest, nil, 20)
			must(err)
			fmt.Printf("exported %x\n", material)
		case "close":
			must(conn.CloseWrite())
			fmt.Println("closing")
		case "end":
			<-over
			conn.Close()
			fmt.Println("closed")
			return
		}
	}
}
