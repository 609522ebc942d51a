//! Commands in containers over WebSocket: messages to and from a `rest::visit`.

use super::{Body, Hub, header};
use crate::rest::visit::{PROTOCOLS, Visit};
use futures_util::{SinkExt, StreamExt};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::header::HeaderValue;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::rc::Rc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};

/// Switches protocols and serves the visit beside.
pub fn upgrade(hub: Rc<Hub>, visit: Visit, mut request: Request<Incoming>) -> Response<Body> {
    let offered = header(request.headers(), "sec-websocket-protocol");
    let protocol = PROTOCOLS.iter().find(|known| offered.split(',').any(|one| one.trim() == **known));
    let key = derive_accept_key(header(request.headers(), "sec-websocket-key").as_bytes());
    let mut response = Response::new(Empty::new().boxed_unsync());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert("connection", HeaderValue::from_static("Upgrade"));
    headers.insert("upgrade", HeaderValue::from_static("websocket"));
    if let Ok(key) = HeaderValue::from_str(&key) {
        headers.insert("sec-websocket-accept", key);
    }
    if let Some(protocol) = protocol {
        headers.insert("sec-websocket-protocol", HeaderValue::from_static(protocol));
    }
    tokio::task::spawn_local(async move {
        if let Ok(upgraded) = hyper::upgrade::on(&mut request).await {
            let stream = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
            serve(&hub, visit, stream).await;
        }
    });
    response
}

async fn serve(hub: &Hub, mut visit: Visit, mut stream: WebSocketStream<TokioIo<hyper::upgrade::Upgraded>>) {
    let mut rung = hub.bell.subscribe();
    loop {
        let (messages, goes_on) = hub.with(|cluster| visit.messages(cluster));
        for message in messages {
            if stream.send(Message::binary(message)).await.is_err() {
                hub.with(|cluster| visit.hang_up(cluster));
                return;
            }
        }
        if !goes_on {
            let farewell = CloseFrame { code: CloseCode::Normal, reason: "".into() };
            // The client may have hung up already; if not, it answers the farewell, and then nothing more comes.
            let _ = stream.close(Some(farewell)).await;
            while let Some(Ok(_)) = stream.next().await {}
            return;
        }
        tokio::select! {
            message = stream.next() => match message {
                Some(Ok(Message::Binary(bytes))) => hub.with(|cluster| visit.take(cluster, &bytes)),
                Some(Ok(Message::Close(_)) | Err(_)) | None => {
                    hub.with(|cluster| visit.hang_up(cluster));
                    return;
                }
                Some(Ok(_)) => {}
            },
            _ = rung.changed() => {}
        }
    }
}
