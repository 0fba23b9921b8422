// gorilla.go: an echo server made with Go's gorilla/websocket; it says its port on standard output.
package main

import (
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/gorilla/websocket"
)

var upgrader = websocket.Upgrader{
	Subprotocols: []string{"echo"},
	CheckOrigin:  func(r *http.Request) bool { return true },
}

func echo(w http.ResponseWriter, r *http.Request) {
	c, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer c.Close()
	soon := time.Now().Add(time.Second)
	c.WriteControl(websocket.PingMessage, []byte("from the server"), soon)
	for {
		kind, data, err := c.ReadMessage()
		if err != nil {
			return
		}
		if string(data) == "close 4321" {
			body := websocket.FormatCloseMessage(4321, "as you said")
			c.WriteControl(websocket.CloseMessage, body, time.Now().Add(time.Second))
			continue
		}
		if c.WriteMessage(kind, data) != nil {
			return
		}
	}
}

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(l.Addr().(*net.TCPAddr).Port)
	panic(http.Serve(l, http.HandlerFunc(echo)))
}
