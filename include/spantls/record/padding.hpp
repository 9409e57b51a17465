// How long protected records are: padding, and the limits that peers agree on (RFC 9846, section 5.4).
#pragma once

#include <cstddef>
#include <cstdint>

#include <spantls/record/limits.hpp>

namespace spantls {
inline namespace v1 {

/// What is done to hide how long the content of records is. Plain data.
class padding {
public:
    /// No padding.
    constexpr padding() noexcept = default;

    /// Content, content type and zeros are together a multiple of `size`, 1 to 16385, unless the limit is reached
    /// first.
    static constexpr padding multiple_of(std::size_t size) noexcept { return padding(size, false); }

    /// Every protected record has `size` bytes on the wire, with its header: 27, for a KeyUpdate is not cut, to 16406.
    /// With a peer that takes no such records they have the size of the largest that it takes, one and all.
    static constexpr padding constant(std::size_t size) noexcept {
        return padding(size < min_output ? 0 : size - (record_overhead - 1), true);
    }

    constexpr bool valid() const noexcept { return block_ >= 1 && block_ <= max_inner_plaintext; }
    constexpr bool is_constant() const noexcept { return constant_; }
    /// What content, content type and zeros are a multiple of.
    constexpr std::size_t block() const noexcept { return block_; }

private:
    constexpr padding(std::size_t block, bool constant) noexcept
        : block_(static_cast<std::uint16_t>(block <= max_inner_plaintext ? block : 0)), constant_(constant) {}

    std::uint16_t block_ = 1;
    bool constant_ = false;
};

/// The lengths of the protected records of one direction: what the padding, the sender's own record size and the peer's
/// limit come to. The smallest wins.
class record_shape {
public:
    constexpr record_shape() noexcept = default;
    constexpr record_shape(std::size_t record_size, padding how) noexcept
        : content_(static_cast<std::uint16_t>(record_size < 1              ? 1
                                              : record_size < max_fragment ? record_size
                                                                           : max_fragment)),
          block_(static_cast<std::uint16_t>(how.block())) {
        if (how.is_constant()) cut_content(block_);
    }

    /// No record with more than `inner` bytes of content, content type and zeros.
    constexpr void limit(std::size_t inner) noexcept {
        if (inner < limit_) limit_ = static_cast<std::uint16_t>(inner);
        if (limit_ < block_) block_ = limit_;
        cut_content(limit_);
    }

    /// What limit() has come to.
    constexpr std::size_t limit() const noexcept { return limit_; }

    /// Bytes of content in the largest record.
    constexpr std::size_t most() const noexcept { return content_; }

    /// Zeros behind content of this size, at most most().
    constexpr std::size_t zeros(std::size_t content) const noexcept {
        return block_ <= 1 ? 0 : padded(content + 1) - (content + 1);
    }
    /// A record with such content, on the wire.
    constexpr std::size_t sealed(std::size_t content) const noexcept {
        return content + zeros(content) + record_overhead;
    }

    /// All the records of content of any size.
    constexpr std::size_t sealed_all(std::size_t content) const noexcept {
        const std::size_t rest = content % content_;
        return content / content_ * sealed(content_) + (rest == 0 ? 0 : sealed(rest));
    }

    /// The content, of `wanted` bytes, of the largest record that fits in `room`; 0 when not even one byte does.
    constexpr std::size_t fit(std::size_t room, std::size_t wanted) const noexcept {
        if (room <= record_overhead) return 0;
        std::size_t most = room - record_overhead < content_ ? room - record_overhead : content_;
        if (wanted < most) most = wanted;
        return block_ <= 1 ? most : fit_padded(room, most);
    }

private:
    constexpr void cut_content(std::size_t inner) noexcept {
        if (inner != 0 && inner - 1 < content_) content_ = static_cast<std::uint16_t>(inner - 1);
    }

    constexpr std::size_t padded(std::size_t inner) const noexcept {
        // Records of one length are reckoned without a division, whose time may depend on what is divided.
        const std::size_t whole = inner <= block_ ? block_ : (inner + block_ - 1) / block_ * block_;
        return whole < limit_ ? whole : limit_;
    }

    constexpr std::size_t fit_padded(std::size_t room, std::size_t most) const noexcept {
        if (sealed(most) <= room) return most;
        const std::size_t blocks = (room - (record_overhead - 1)) / block_;
        return blocks == 0 ? 0 : blocks * block_ - 1;
    }

    std::uint16_t content_ = max_fragment;
    std::uint16_t block_ = 1;
    std::uint16_t limit_ = max_inner_plaintext;
};

/// Bytes that `plaintext_size` bytes of application data take on the wire, padded, in records of at most `fragment`.
constexpr std::size_t sealed_size(std::size_t plaintext_size, std::size_t fragment, padding how) noexcept {
    return record_shape(fragment, how).sealed_all(plaintext_size);
}

/// min_output with padding: one record, the smallest that holds a KeyUpdate.
constexpr std::size_t min_output_with(padding how) noexcept {
    return record_shape(max_fragment, how).sealed(min_output - record_overhead);
}

}  // namespace v1
}  // namespace spantls
