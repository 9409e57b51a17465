// Certificate messages that come compressed, and those that are compressed beforehand (RFC 8879). Nothing is compressed
// or decompressed here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/handshake/arena.hpp>
#include <spantls/handshake/identity.hpp>
#include <spantls/message/authentication.hpp>
#include <spantls/message/compressed_certificate.hpp>
#include <spantls/message/handshake.hpp>
#include <spantls/wire/layout.hpp>
#include <spantls/wire/writer.hpp>

namespace spantls {
inline namespace v1 {

/// The longest Certificate, without its header, that is decompressed: the limit of one that comes plain (RFC 8879,
/// section 5).
inline constexpr std::size_t max_uncompressed_certificate = max_certificate_message - handshake_header_size;

/// What `decompress` asks for: all of `compressed` decompressed into `to`, and nothing behind it.
struct decompression_request {
    certificate_compression algorithm;
    bytes_view compressed;
    mutable_bytes to;  ///< exactly as long as the result has to be
};

/// The answer to `decompress`: how many bytes the result has. Any other number than was asked for, 0 when it cannot be
/// decompressed, and the handshake fails with bad_decompression.
struct decompressed {
    std::size_t size = 0;
};

/// Writes what is to be compressed for a compressed_certificate of `who` with `proofs`, and its delegated credential or
/// not: the Certificate message without its header (RFC 8879, section 4). Empty when `to` has no room;
/// max_uncompressed_certificate bytes always do, if check(who) is errc::none.
inline bytes_view write_certificate(const identity& who, wanted_proofs proofs, mutable_bytes to,
                                    bool delegated = false) noexcept {
    const certificate_pieces pieces(who, proofs, delegated);
    writer out(to);
    out.opaque({}, 1);
    out.u24(static_cast<std::uint32_t>(pieces.size()));
    pieces.each([&](bytes_view piece) { out.bytes(piece); });
    return out.written();
}

/// The first of an identity's compressed forms that the peer takes and that says what a plain Certificate would; none,
/// or one.
constexpr std::span<const compressed_certificate> usable_form(const identity& who, wanted_proofs wanted, bool delegated,
                                                              list_view<certificate_compression> taken) noexcept {
    for (std::size_t i = 0; i < who.compressed.size(); ++i) {
        const compressed_certificate& form = who.compressed[i];
        const bool same = (who.staples.empty() || form.proofs.staples == wanted.staples) &&
                          (who.scts.empty() || form.proofs.scts == wanted.scts) &&
                          (who.delegated.empty() || form.delegated == delegated);
        if (same && taken.contains(form.algorithm)) return who.compressed.subspan(i, 1);
    }
    return {};
}

/// A CompressedCertificate as far as the length of what is in it, header included.
inline constexpr std::size_t compressed_certificate_head = handshake_header_size + 2 + 3;

/// The first bytes of a message that `begun` is the beginning of and `content` goes on with, as many as there are rules
/// about: what is refused by them is refused before there is memory for both.
class message_head {
public:
    constexpr message_head(bytes_view begun, bytes_view content) noexcept {
        for (const bytes_view part : {begun, content})
            for (std::size_t i = 0; i < part.size() && size_ < bytes_.size(); ++i) bytes_[size_++] = part[i];
    }
    constexpr bytes_view view() const noexcept { return bytes_view(bytes_).first(size_); }

private:
    std::array<std::uint8_t, compressed_certificate_head> bytes_{};
    std::size_t size_ = 0;
};

/// How much of the message at the front of `begun` memory may be asked for: all of it, but of a CompressedCertificate
/// not before its head has come. 0 with less than a header.
constexpr std::size_t size_to_wait_for(bytes_view begun) noexcept {
    const std::size_t whole = message_size(begun);
    const bool known = whole == 0 || begun.size() >= compressed_certificate_head ||
                       static_cast<handshake_type>(begun[0]) != handshake_type::compressed_certificate;
    return known || whole < compressed_certificate_head ? whole : compressed_certificate_head;
}

/// What is refused of a CompressedCertificate by as many of its first bytes as have come, header included: before any
/// memory is asked for. `offered` is what was offered to take.
[[nodiscard]] constexpr errc refuse_compressed(bytes_view begun,
                                               std::span<const certificate_compression> offered) noexcept {
    if (offered.empty()) return errc::unexpected_message;
    constexpr std::size_t algorithm_end = handshake_header_size + 2;
    const std::size_t whole = message_size(begun);
    if (whole < begun.size()) begun = begun.first(whole);
    if (begun.size() < algorithm_end) return errc::none;
    // RFC 8879, section 4.
    const auto algorithm = static_cast<certificate_compression>(load_u16(begun.data() + handshake_header_size));
    bool known = false;
    for (const certificate_compression each : offered) known = known || each == algorithm;
    if (!known) return errc::compression_not_offered;
    if (begun.size() < compressed_certificate_head) return errc::none;
    // RFC 8879, sections 4 and 5: the same limit as without compression.
    const std::size_t length = load_u24(begun.data() + algorithm_end);
    if (length > max_uncompressed_certificate) return errc::certificate_too_long;
    // Less than an empty Certificate has.
    return length < 1 + 3 ? errc::decode_error : errc::none;
}

/// A CompressedCertificate on its way to a Certificate. Both are in the arena, behind each other, as input that is
/// kept.
class certificate_unpacking {
public:
    [[nodiscard]] errc begin(const arena& memory, const handshake_message& message,
                             std::span<const certificate_compression> offered) noexcept {
        *this = {};
        if (const errc error = refuse_compressed(message.whole, offered); error != errc::none) return error;
        compressed_certificate_message packed{};
        if (!decode(message.body, packed)) return errc::decode_error;
        length_ = packed.uncompressed_length;
        message_ = memory.range_of(message.whole);
        return errc::none;
    }

    /// Bytes of the Certificate.
    std::size_t size() const noexcept { return length_; }
    /// Bytes that the arena lacks for the Certificate, and `more` bytes of output behind it.
    std::size_t lacking(const arena& memory, std::size_t more) const noexcept {
        const std::size_t needed = more + (shown() ? 0 : length_);
        const std::size_t room = shown() ? memory.output_room().size() : memory.input_room();
        return needed > room ? needed - room : 0;
    }
    /// There is room for it since the first time that it was shown.
    bool shown() const noexcept { return shown_; }
    /// When it lacks nothing.
    decompression_request show(arena& memory) noexcept {
        if (!shown_) memory.insert_kept(length_);
        shown_ = true;
        compressed_certificate_message packed{};
        (void)decode(memory.at(message_).subspan(handshake_header_size), packed);  // it has been decoded before
        return {packed.algorithm, packed.compressed, memory.mutable_at(text())};
    }

    /// The Certificate, whose `whole` is what the transcript has of it (RFC 8879, section 4).
    [[nodiscard]] errc finish(const arena& memory, const decompressed& result, handshake_message& to) const noexcept {
        if (result.size != length_) return errc::bad_decompression;
        to = {handshake_type::certificate, memory.at(text()), memory.at(message_)};
        return errc::none;
    }

private:
    arena_range text() const noexcept { return {message_.offset + message_.size, length_}; }

    arena_range message_;
    std::uint32_t length_ = 0;
    bool shown_ = false;
};

}  // namespace v1
}  // namespace spantls
