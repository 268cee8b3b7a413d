//! A proxy on loopback that knows one host.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};

/// A proxy. It ends with the process.
pub struct Proxy {
    pub url: String,
    /// The heads of the requests, as they come in.
    pub requests: Receiver<String>,
}

impl Proxy {
    /// A proxy that answers CONNECT with this status line, and if that is 200, leads to `port` whatever was asked for.
    pub fn start(status: &'static str, port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://user:pr0xy-s3cr3t@{}", listener.local_addr().unwrap());
        let (sender, requests) = channel();
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let mut reader = BufReader::new(client.try_clone().unwrap());
                let mut head = String::new();
                while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap_or_default() > 0 {}
                let _ = sender.send(head);
                let mut client = client;
                client.write_all(format!("HTTP/1.1 {status}\r\n\r\n").as_bytes()).unwrap();
                if status.starts_with("200") {
                    let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
                    pipe(client.try_clone().unwrap(), server.try_clone().unwrap());
                    pipe(server, client);
                }
            }
        });
        Proxy { url, requests }
    }
}

fn pipe(mut from: TcpStream, mut to: TcpStream) {
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(std::net::Shutdown::Write);
    });
}
