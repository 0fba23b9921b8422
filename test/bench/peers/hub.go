// hub.go: a relay, or an echo server, with gorilla/websocket: one goroutine writes to all clients,
// one reads for each.
package main

import (
	"log"
	"net"
	"net/http"
	"os"

	"github.com/gorilla/websocket"
)

var (
	upgrader = websocket.Upgrader{ReadBufferSize: 4096, WriteBufferSize: 4096}
	joined   = make(chan *websocket.Conn)
	left     = make(chan *websocket.Conn)
	messages = make(chan []byte, 64)
	echo     = len(os.Args) > 1 && os.Args[1] == "echo"
)

func hub() {
	clients := make(map[*websocket.Conn]struct{})
	for {
		select {
		case c := <-joined:
			clients[c] = struct{}{}
		case c := <-left:
			delete(clients, c)
		case m := <-messages:
			for c := range clients {
				if c.WriteMessage(websocket.BinaryMessage, m) != nil {
					c.Close()
				}
			}
		}
	}
}

func serve(w http.ResponseWriter, r *http.Request) {
	c, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer c.Close()
	if !echo {
		joined <- c
		defer func() { left <- c }()
	}
	for {
		_, m, err := c.ReadMessage()
		if err != nil {
			return
		}
		if !echo {
			messages <- m
		} else if c.WriteMessage(websocket.BinaryMessage, m) != nil {
			return
		}
	}
}

func main() {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go hub()
	log.Fatal(http.Serve(listener, http.HandlerFunc(serve)))
}
