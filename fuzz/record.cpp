// The deframer: a stream of bytes in chunks, in the clear and under keys, with what the handshake may switch on and off
// in between; and records that our own sender has written.
#include <vector>

#include <spantls/record/receiver.hpp>
#include <spantls/record/sender.hpp>

#include "support/null_provider.hpp"
#include "support/target.hpp"

namespace {

using namespace spantls;
using provider_type = test::null_provider;
using buffer = std::vector<std::uint8_t>;

constexpr const suite_info& suite = provider_type::suites[0];
constexpr std::array<std::uint8_t, 32> secret{};

aligned_proof aligned() { return *aligned_proof::of({}); }

/// One call, held to its promises. `input` is all that has arrived; returns what was done with.
class deframer {
public:
    receiver<provider_type> records;
    bool failed = false;

    std::size_t open(bytes_view arrived) {
        buffer input(arrived.begin(), arrived.end());
        const incoming_record record = records.open(input);
        if (record.error != errc::none) {
            HOLDS(fault_of(record.error) == fault::peer && alert_for(record.error).has_value());
            HOLDS(record.missing == 0 && record.size <= input.size());
            failed = true;
            return 0;
        }
        const std::size_t wanted = input.size() < 5 ? 5 : 5u + load_u16(input.data() + 3);
        if (record.missing != 0) {
            HOLDS(record.missing == wanted - input.size() && wanted <= max_record);
            HOLDS(fuzz::same_bytes(input, arrived));
            return 0;
        }
        HOLDS(record.size == wanted && wanted <= input.size());
        // Nothing behind the record is touched.
        HOLDS(fuzz::same_bytes(bytes_view(input).subspan(wanted), arrived.subspan(wanted)));
        HOLDS(records.last().wire_size == wanted && records.last().content_size == record.content.size());
        if (record.dropped) return wanted;
        HOLDS(fuzz::inside(record.content, bytes_view(input).first(wanted)) && record.content.size() <= max_fragment);
        HOLDS(record.type == content_type::handshake || record.type == content_type::alert ||
              record.type == content_type::application_data);
        HOLDS(!record.content.empty() || record.type == content_type::application_data);
        HOLDS(record.type != content_type::application_data || records.encrypted());
        if (records.last().encrypted) check_inner(record, input, arrived.first(wanted));
        return wanted;
    }

    /// Holds the record at the front and opens it again.
    void hold(bytes_view arrived) {
        buffer input(arrived.begin(), arrived.end());
        const incoming_record first = records.open(input);
        failed = first.error != errc::none;
        if (failed || first.missing != 0 || first.dropped) return;
        records.hold(first);
        for (int again = 0; again < 2; ++again) {
            const incoming_record same = records.open(input);
            HOLDS(same.error == errc::none && same.missing == 0 && same.type == first.type && same.size == first.size);
            HOLDS(same.content.data() == first.content.data() && same.content.size() == first.content.size());
            HOLDS(records.open(mutable_bytes(input).first(first.size - 1)).missing == 1);
        }
        records.release();
    }

private:
    /// TLSInnerPlaintext is content, type, zeros (section 5.4).
    static void check_inner(const incoming_record& record, bytes_view input, bytes_view before) {
        const std::size_t content = record.content.size();
        HOLDS(record.content.data() == input.data() + record_header_size);
        HOLDS(fuzz::same_bytes(record.content, before.subspan(record_header_size, content)));
        HOLDS(before[record_header_size + content] == static_cast<std::uint8_t>(record.type));
        const std::size_t behind = record_header_size + content + 1;
        HOLDS(fuzz::all_zero(before.subspan(behind, before.size() - tag_size - behind)));
    }
};

/// A record as a peer of ours writes it.
buffer written(fuzz::script& in, bool encrypted) {
    sender<provider_type> out;
    if (encrypted) out.change_keys(suite, secret);
    const content_type types[]{content_type::handshake, content_type::alert, content_type::application_data};
    const bytes_view text = in.take(1 + in.below(64));
    buffer record(text.size() + record_overhead + 8);
    output_cursor to(record);
    HOLDS(out.fragment(record.size(), text.size()) == text.size());
    out.write(to, types[in.below(encrypted ? 3 : 2)], text);
    HOLDS(out.last().wire_size == to.used() && out.last().content_size == text.size());
    record.resize(to.used());
    return record;
}

}  // namespace

FUZZ_TARGET(record) {
    fuzz::script in(input);
    deframer it;
    buffer stream;
    unsigned updates = 0;
    while (!in.empty() && !it.failed) {
        switch (in.below(10)) {
            case 0: it.records.allow_change_cipher_spec(in.flag()); break;
            case 1: it.records.skip_early_data(in.size() % (max_skipped_early_data + 1)); break;
            case 2:
                it.records.change_keys(aligned(), suite, secret);
                HOLDS(it.records.encrypted());
                break;
            case 3:
                if (it.records.encrypted() && ++updates < 8) it.records.update_keys(aligned(), suite);
                break;
            case 4: {  // bytes
                const bytes_view more = in.take(in.size());
                stream.insert(stream.end(), more.begin(), more.end());
                break;
            }
            case 5: {  // a record with a body of this many equal bytes, which are not in the input
                const std::size_t size = in.u16();
                const std::uint8_t head[]{in.u8(), 3, 3, static_cast<std::uint8_t>(size >> 8),
                                          static_cast<std::uint8_t>(size)};
                stream.insert(stream.end(), head, head + 5);
                stream.insert(stream.end(), size, in.u8());
                break;
            }
            case 6: {
                const buffer record = written(in, it.records.encrypted());
                stream.insert(stream.end(), record.begin(), record.end());
                break;
            }
            case 7: it.hold(stream); break;
            default: {  // what has arrived so far: a part, or all
                std::size_t visible = in.size();
                if (visible == 0 || visible > stream.size()) visible = stream.size();
                for (;;) {
                    const std::size_t used = it.open(bytes_view(stream).first(visible));
                    if (used == 0) break;
                    visible -= used;
                    stream.erase(stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(used));
                }
            }
        }
    }
    it.records.clear();
    HOLDS(!it.records.encrypted());
}
