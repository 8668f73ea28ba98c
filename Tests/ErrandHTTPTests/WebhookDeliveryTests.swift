#if Server
import Errand
import ErrandTesting
import FoundationEssentials
import HTTPTypes
import Synchronization
import Testing

@testable import ErrandHTTP

@Suite("Delivering webhooks", .timeLimit(.minutes(5)))
struct WebhookDeliveryTests {
    @Test("a delivery is a signed message with the job, without its result")
    func message() async throws {
        try await withReceiver { receiver, port in
            let bench = DeliveryBench()
            let hook = try await bench.webhook("http://127.0.0.1:\(port)/in?a=b")
            let job = try await bench.api.complete(JobResult(try JSONText(validating: "{\"rows\":3}")))
            try await bench.expectAttempt(.delivered)
            let request = try #require(receiver.requests.first)
            #expect(request.path == "/in?a=b" && request.header("content-type") == "application/json")
            #expect(isAuthentic(request, secret: hook.secret))
            let now = Int(bench.api.clock.now().wall.timeIntervalSince1970)
            #expect(request.header("webhook-timestamp") == "\(now)")
            let body = try JSONText(validating: request.body).object()
            #expect(body["type"]?.stringValue == "job.completed")
            #expect(body["timestamp"]?.stringValue == "2026-01-01T00:00:00Z")
            let data = try #require(try body["data"]?.object())
            #expect(data["id"]?.stringValue == "\(job)" && data["status"]?.stringValue == "Completed")
            #expect(data["result"] == nil && data["payload"] == nil)
            #expect(try data["links"]?.object()["result"]?.stringValue == "/api/jobs/\(job)/result")
            try await bench.expectAttempt(.none)
        }
    }

    @Test("a CloudEvent has what version 1.0 asks for, and the same signature")
    func cloudEvent() async throws {
        try await withReceiver { receiver, port in
            let bench = DeliveryBench()
            let hook = try await bench.webhook("http://127.0.0.1:\(port)", ",\"format\":\"cloudevents\"")
            let job = try await bench.api.submit()
            _ = try await bench.api.send(.post, "/api/jobs/\(job)/cancel")
            try await bench.expectAttempt(.delivered)
            let request = try #require(receiver.requests.first)
            #expect(request.header("content-type") == "application/cloudevents+json")
            #expect(isAuthentic(request, secret: hook.secret))
            let event = try JSONText(validating: request.body).object()
            #expect(event["specversion"]?.stringValue == "1.0")
            #expect(event["id"]?.stringValue == request.header("webhook-id"))
            #expect(event["source"]?.stringValue == "/tenants/default/jobs/\(job)")
            #expect(event["type"]?.stringValue == "dev.errand.job.cancelled.v1")
            #expect(event["subject"]?.stringValue == "\(job)")
        }
    }

    @Test("what fails is tried again by the schedule, as the same message, until the webhook is switched off")
    func schedule() async throws {
        try await withReceiver { receiver, port in
            let bench = DeliveryBench()
            let hook = try await bench.webhook("http://127.0.0.1:\(port)/")
            _ = try await bench.api.complete()
            receiver.answer(500)
            for planned in WebhookDelivery.schedule {
                guard case .retried(let delay) = try await bench.attempt() else {
                    Issue.record("an attempt was not to be tried again")
                    return
                }
                #expect(delay >= planned && delay <= planned + planned / 10)
                bench.api.clock.advance(by: delay - .milliseconds(1))
                try await bench.expectAttempt(.none)
                bench.api.clock.advance(by: .milliseconds(1))
            }
            guard case .retried = try await bench.attempt() else {
                Issue.record("the last attempt was not made")
                return
            }
            bench.api.clock.advance(by: .seconds(200_000))
            try await bench.expectAttempt(.none)
            #expect(receiver.requests.count == 10 && Set(receiver.requests.map { $0.header("webhook-id") }).count == 1)
            #expect(Set(receiver.requests.map { $0.header("webhook-timestamp") }).count == 10)
            #expect(receiver.requests.allSatisfy { isAuthentic($0, secret: hook.secret) })
            let shown = try await bench.show(hook.path)
            #expect(shown["enabled"]?.string == "false" && shown["failures"]?.int64Value == 10)
            #expect(shown["disabledBecause"]?.stringValue?.contains("10 times") == true)
            let delivery = try #require(try await bench.deliveries(hook.path).first)
            #expect(delivery["status"]?.stringValue == "failed" && delivery["attempts"]?.int64Value == 10)
        }
    }

    @Test(
        "what is not 2xx is no success, and nothing is followed",
        arguments: [301, 302, 303, 307, 308, 400, 404, 500]
    )
    func refused(_ status: Int) async throws {
        try await withReceiver { receiver, port in
            let bench = DeliveryBench()
            let hook = try await bench.webhook("http://127.0.0.1:\(port)/first")
            _ = try await bench.api.complete()
            receiver.answer(status, [.location: "http://127.0.0.1:\(port)/second"])
            guard case .retried = try await bench.attempt() else {
                Issue.record("\(status) was not a failure")
                return
            }
            #expect(receiver.requests.map(\.path) == ["/first"])
            let last = try #require(try await bench.deliveries(hook.path).first?["lastAttempt"]?.object())
            #expect(last["status"]?.int64Value == Int64(status) && last["durationMs"] != nil)
            #expect(try await bench.show(hook.path)["failures"]?.int64Value == 1)
        }
    }

    @Test("410 switches the webhook off at once, and what waits for it is dropped")
    func gone() async throws {
        try await withReceiver { receiver, port in
            let bench = DeliveryBench()
            let hook = try await bench.webhook("http://127.0.0.1:\(port)/")
            for _ in 0..<2 { _ = try await bench.api.complete() }
            receiver.answer(410)
            try await bench.expectAttempt(.failed("webhook_gone"))
            try await bench.expectAttempt(.failed("webhook_disabled"))
            #expect(try await bench.show(hook.path)["enabled"]?.string == "false")
            _ = try await bench.api.complete()
            try await bench.expectAttempt(.none)
            #expect(try await bench.api.send(.post, "\(hook.path)/test").status == 409)
            let on = try await bench.api.send(.patch, hook.path, "{\"enabled\":true}")
            #expect(try on.member("disabledBecause") == nil && on.member("failures")?.int64Value == 0)
            #expect(receiver.requests.count == 1)
        }
    }

    @Test("a receiver that is overloaded is left alone for as long as it asks", arguments: [429, 502, 503, 504])
    func throttles(_ status: Int) async throws {
        try await withReceiver { receiver, port in
            let bench = DeliveryBench()
            _ = try await bench.webhook("http://127.0.0.1:\(port)/")
            for _ in 0..<2 { _ = try await bench.api.complete() }
            receiver.answer(status, [.retryAfter: "120"])
            try await bench.expectAttempt(.retried(after: .seconds(120)))
            try await bench.expectAttempt(.snoozed(.seconds(120)))
            receiver.answer(200)
            bench.api.clock.advance(by: .seconds(119))
            try await bench.expectAttempt(.none)
            bench.api.clock.advance(by: .seconds(1))
            for _ in 0..<2 { try await bench.expectAttempt(.delivered) }
            // A pause is not charged to the delivery that had to wait.
            #expect(receiver.requests.count == 3)
        }
    }

    @Test("a receiver that hangs, or is not there, is tried again")
    func hangs() async throws {
        try await withReceiver { receiver, port in
            let bench = DeliveryBench(timeout: .milliseconds(200))
            let hook = try await bench.webhook("http://127.0.0.1:\(port)/")
            _ = try await bench.webhook("http://127.0.0.1:1/")
            _ = try await bench.api.complete()
            receiver.answer(200, hangs: true)
            for _ in 0..<2 {
                guard case .retried = try await bench.attempt() else {
                    Issue.record("a silent receiver was not a failure")
                    return
                }
            }
            let last = try #require(try await bench.deliveries(hook.path).first?["lastAttempt"]?.object())
            #expect(last["status"] == nil && last["error"] != nil)
        }
    }

    @Test("an attempt that is cancelled, as at a stop, is charged to nobody")
    func cancelled() async throws {
        try await withReceiver { receiver, port in
            let bench = DeliveryBench()
            let hook = try await bench.webhook("http://127.0.0.1:\(port)/")
            _ = try await bench.api.complete()
            receiver.answer(200, hangs: true)
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await #expect(throws: CancellationError.self) { _ = try await bench.attempt() }
                }
                await receiver.arrival()
                group.cancelAll()
            }
            #expect(try await bench.show(hook.path)["failures"]?.int64Value == 0)
        }
    }

    @Test("the body of an answer is not waited for")
    func endless() async throws {
        try await withReceiver { receiver, port in
            let bench = DeliveryBench()
            _ = try await bench.webhook("http://127.0.0.1:\(port)/")
            _ = try await bench.api.complete()
            receiver.answer(200, isEndless: true)
            try await bench.expectAttempt(.delivered)
        }
    }

    @Test("a delivery whose webhook is deleted, or is not of the tenant it was stored for, is dropped")
    func dropped() async throws {
        try await withReceiver { receiver, port in
            let bench = DeliveryBench()
            let hook = try await bench.webhook("http://127.0.0.1:\(port)/")
            _ = try await bench.api.complete()
            #expect(try await bench.api.send(.delete, hook.path).status == 204)
            try await bench.expectAttempt(.failed("webhook_deleted"))
            _ = try await bench.webhook("http://127.0.0.1:\(port)/")
            let webhook = try #require(try await bench.api.memory.webhooks(scope: .default).first)
            let now = bench.api.clock.now().wall
            let forged = WebhookDelivery(webhook: webhook.id, event: "job.completed", at: now, data: .emptyObject)
            for scope in [WebhookDelivery.scope(for: .tenant("b")), .default, .system] {
                _ = try await bench.api.memory.insert([forged.submission(to: webhook)], scope: scope)
                try await bench.expectAttempt(.failed("webhook_foreign"))
            }
            #expect(receiver.requests.isEmpty)
        }
    }

    @Test("while a secret is rotated both sign; then the old one is nothing")
    func rotation() async throws {
        try await withReceiver { receiver, port in
            let bench = DeliveryBench()
            let hook = try await bench.webhook("http://127.0.0.1:\(port)/")
            let rotated = try await bench.api.send(.post, "\(hook.path)/rotate-secret")
            let new = try #require(try rotated.string("secret"))
            #expect(try new != hook.secret && rotated.string("oldSecretValidUntil") == "2026-01-02T00:00:00Z")
            for isValid in [true, false] {
                _ = try await bench.api.complete()
                try await bench.expectAttempt(.delivered)
                let request = try #require(receiver.requests.last)
                #expect(isAuthentic(request, secret: new))
                #expect(isAuthentic(request, secret: hook.secret) == isValid)
                bench.api.clock.advance(by: Webhook.rotation)
            }
        }
    }

    @Test("a replay is the same message again, and a test is one of its own")
    func replay() async throws {
        try await withReceiver { receiver, port in
            let bench = DeliveryBench()
            let hook = try await bench.webhook("http://127.0.0.1:\(port)/")
            _ = try await bench.api.complete()
            try await bench.expectAttempt(.delivered)
            let first = try #require(try await bench.deliveries(hook.path).first?["id"]?.stringValue)
            let replayed = try await bench.api.send(.post, "\(hook.path)/deliveries/\(first)/replay")
            #expect(replayed.status == 202)
            #expect(try replayed.string("id") != first && replayed.string("messageId") == "msg_\(first)")
            #expect(try await bench.api.send(.post, "\(hook.path)/test").status == 202)
            for _ in 0..<2 { try await bench.expectAttempt(.delivered) }
            let requests = receiver.requests
            try #require(requests.count == 3)
            let ids = requests.map { $0.header("webhook-id") }
            #expect(ids[0] == ids[1] && ids[1] != ids[2] && requests[0].body == requests[1].body)
            #expect(try JSONText(validating: requests[2].body).object()["type"]?.stringValue == "webhook.test")
            let other = try await bench.webhook("http://127.0.0.1:\(port)/")
            #expect(try await bench.api.send(.post, "\(other.path)/deliveries/\(first)/replay").status == 404)
        }
    }

    @Test("a test that fails switches nothing off, and is not tried again")
    func failedTest() async throws {
        try await withReceiver { receiver, port in
            let bench = DeliveryBench()
            let hook = try await bench.webhook("http://127.0.0.1:\(port)/")
            receiver.answer(410)
            _ = try await bench.api.send(.post, "\(hook.path)/test")
            try await bench.expectAttempt(.failed("not_delivered"))
            let shown = try await bench.show(hook.path)
            #expect(shown["enabled"]?.string == "true" && shown["failures"]?.int64Value == 0)
        }
    }

    @Test("a submit's own webhook is signed with the secret it gave, and hears of its job alone")
    func own() async throws {
        try await withReceiver { receiver, port in
            let bench = DeliveryBench()
            let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
            let webhook = "{\"url\":\"http://127.0.0.1:\(port)/own\",\"secret\":\"\(secret)\"}"
            let reply = try await bench.api.send(.post, "/api/jobs", "{\"type\":\"Import\",\"webhook\":\(webhook)}")
            #expect(reply.status == 202 && !reply.text.contains("whsec"), "\(reply.text)")
            _ = try await bench.api.submit()
            for _ in 0..<2 { try await bench.api.settle(bench.api.claim(), .complete(JobResult())) }
            try await bench.expectAttempt(.delivered)
            try await bench.expectAttempt(.none)
            let request = try #require(receiver.requests.first)
            #expect(isAuthentic(request, secret: secret))
            #expect(request.body.contains(try reply.string("id") ?? "?"))
        }
    }

    @Test("what a name stands for at the moment of sending decides: rebinding reaches nothing")
    func rebinding() async throws {
        try await withReceiver { receiver, port in
            let addresses = Mutex(["8.8.8.8"])
            var outbound = OutboundGuard()
            outbound.resolve = { _ in addresses.withLock { $0 } }
            (outbound.allowsHTTP, outbound.ports) = (true, [port])
            let bench = DeliveryBench(outbound)
            let hook = try await bench.webhook("http://rebinding.example:\(port)/")
            _ = try await bench.api.complete()
            for hostile in [["127.0.0.1"], ["8.8.8.8", "169.254.169.254"], ["::1"], []] {
                addresses.withLock { $0 = hostile }
                guard case .retried(let delay) = try await bench.attempt() else {
                    Issue.record("\(hostile) was not refused")
                    return
                }
                bench.api.clock.advance(by: delay)
            }
            let last = try #require(try await bench.deliveries(hook.path).first?["lastAttempt"]?.object())
            #expect(last["error"]?.stringValue?.contains("refused") == true)
            #expect(receiver.requests.isEmpty)
        }
    }

    @Test("the connection goes to the address that was looked at, whatever the name's own is")
    func pinned() async throws {
        try await withReceiver { receiver, port in
            var outbound = OutboundGuard()
            (outbound.allowsPrivate, outbound.allowsHTTP) = (true, true)
            outbound.resolve = { _ in ["127.0.0.1"] }
            let bench = DeliveryBench(outbound)
            _ = try await bench.webhook("http://nobody.invalid:\(port)/")
            _ = try await bench.api.complete()
            try await bench.expectAttempt(.delivered)
            #expect(receiver.requests.count == 1)
        }
    }
}
#endif
