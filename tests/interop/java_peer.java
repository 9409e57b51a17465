// One TLS connection of Java's JSSE, which speaks as peer.cpp does: lines in, lines out.
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.*;
import javax.net.ssl.*;

class java_peer {
    static Map<String, String> options = new HashMap<>();

    static KeyManager[] identity() throws Exception {
        if (!options.containsKey("cert")) return null;
        var factory = CertificateFactory.getInstance("X.509");
        var chain = factory.generateCertificates(new FileInputStream(options.get("cert")));
        String pem = Files.readString(Path.of(options.get("key"))).replaceAll("-----[A-Z ]+-----|\\s", "");
        var pkcs8 = new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem));
        var key = KeyFactory.getInstance(options.getOrDefault("key-type", "Ed25519")).generatePrivate(pkcs8);
        var store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("own", key, new char[0], chain.toArray(new java.security.cert.Certificate[0]));
        var managers = KeyManagerFactory.getInstance("PKIX");
        managers.init(store, new char[0]);
        return managers.getKeyManagers();
    }

    static TrustManager[] trust() throws Exception {
        var store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        var factory = CertificateFactory.getInstance("X.509");
        store.setCertificateEntry("ca", factory.generateCertificate(new FileInputStream(options.get("ca"))));
        var managers = TrustManagerFactory.getInstance("PKIX");
        managers.init(store);
        return managers.getTrustManagers();
    }

    static SSLSocket open() throws Exception {
        var context = SSLContext.getInstance("TLSv1.3");
        context.init(identity(), trust(), null);
        int port = Integer.parseInt(options.getOrDefault("port", "0"));
        if (options.containsKey("server")) {
            try (var listener = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                System.out.println("listening " + listener.getLocalPort());
                if (options.containsKey("twice")) finish(over(context, listener.accept()));
                return over(context, listener.accept());
            }
        }
        if (options.containsKey("twice")) finish(over(context, new Socket(InetAddress.getLoopbackAddress(), port)));
        return over(context, new Socket(InetAddress.getLoopbackAddress(), port));
    }

    /// A connection before the one that counts: until the other side closes.
    static void finish(SSLSocket socket) throws Exception {
        socket.startHandshake();
        System.out.println("first");
        socket.getInputStream().readAllBytes();
        socket.close();
    }

    static SSLSocket over(SSLContext context, Socket raw) throws Exception {
        var socket = (SSLSocket) context.getSocketFactory().createSocket(raw, "localhost", 0, true);
        socket.setUseClientMode(!options.containsKey("server"));
        socket.setEnabledProtocols(new String[] {"TLSv1.3"});
        if (options.containsKey("client-auth")) socket.setNeedClientAuth(true);
        var parameters = socket.getSSLParameters();
        if (options.containsKey("alpn")) parameters.setApplicationProtocols(options.get("alpn").split(","));
        if (socket.getUseClientMode()) {
            parameters.setServerNames(List.of(new SNIHostName("localhost")));
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
        }
        socket.setSSLParameters(parameters);
        return socket;
    }

    static void receive(SSLSocket socket) {
        try (var file = options.containsKey("output") ? new FileOutputStream(options.get("output")) : null) {
            byte[] buffer = new byte[65536];
            int expect = Integer.parseInt(options.getOrDefault("expect", "0"));
            int total = 0, size;
            while ((size = socket.getInputStream().read(buffer)) >= 0) {
                if (file != null) file.write(buffer, 0, size);
                else System.out.println("data " + size + " " + new String(buffer, 0, size).replace('\n', '.'));
                if (total < expect && total + size >= expect) System.out.println("received all");
                total += size;
            }
            System.out.println("peer closed");
        } catch (IOException e) {
            System.out.println("failed " + e.getMessage());
            System.exit(2);
        }
    }

    public static void main(String[] arguments) throws Exception {
        for (String argument : arguments) {
            String[] parts = argument.split("=", 2);
            options.put(parts[0], parts.length == 2 ? parts[1] : "");
        }
        if (options.containsKey("key-limit")) {
            String limit = " KeyUpdate " + options.get("key-limit");
            Security.setProperty("jdk.tls.keyLimits", "AES/GCM/NoPadding" + limit + ", ChaCha20-Poly1305" + limit);
        }
        try {
            var socket = open();
            socket.startHandshake();
            var session = socket.getSession();
            String peer = "-";
            try {
                peer = session.getPeerPrincipal().getName().replace(' ', '_');
            } catch (SSLPeerUnverifiedException none) {
            }
            System.out.println("connected " + session.getProtocol() + " " + session.getCipherSuite() + " alpn=" +
                    socket.getApplicationProtocol() + " peer=" + peer);
            var reader = new Thread(() -> receive(socket));
            reader.start();
            var lines = new BufferedReader(new InputStreamReader(System.in));
            for (String line; (line = lines.readLine()) != null;) {
                String[] words = line.split(" ", 2);
                if (words[0].equals("send")) {
                    socket.getOutputStream().write((words[1] + "\n").getBytes());
                } else if (words[0].equals("file")) {
                    socket.getOutputStream().write(Files.readAllBytes(Path.of(words[1])));
                } else if (words[0].equals("close")) {
                    socket.shutdownOutput();
                    System.out.println("closing");
                } else if (words[0].equals("end")) {
                    reader.join();
                    socket.close();
                    return;
                }
            }
        } catch (IOException e) {
            System.out.println("failed " + e.getMessage());
            System.exit(2);
        }
    }
}
