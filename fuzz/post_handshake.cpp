// A row of post-handshake messages, as it stands in one record. The first byte: odd on a server.
#include <spantls/handshake/post_handshake.hpp>

#include "support/codec.hpp"
#include "support/target.hpp"

FUZZ_TARGET(post_handshake) {
    using namespace spantls;
    fuzz::script in(input);
    const bool is_server = in.flag();
    const bytes_view content = in.rest();
    (void)fuzz::round_trip<new_session_ticket>(content);
    (void)fuzz::round_trip<key_update>(content);

    HOLDS(missing_of_first(content) <= 0xffffff + handshake_header_size);
    post_handshake_messages found;
    const errc error = read_post_handshake(content, is_server, SIZE_MAX, found);
    if (error != errc::none) {
        HOLDS(fault_of(error) == fault::peer && alert_for(error).has_value());
        return;
    }
    HOLDS(fuzz::inside(found.tickets, content));
    HOLDS(!found.update_requested || found.key_update);
    std::uint32_t tickets = 0;
    for (const new_session_ticket ticket : ticket_range(found.tickets)) {
        ++tickets;
        HOLDS(!is_server && !ticket.ticket.empty() && ticket.nonce.size() <= 255);
        HOLDS(fuzz::inside(ticket.ticket, content) && fuzz::inside(ticket.nonce, content) &&
              fuzz::inside(ticket.extensions, content));
        fuzz::check_extensions(ticket.extensions, extension_place::new_session_ticket, {});
    }
    HOLDS(found.count == tickets + (found.key_update ? 1 : 0));
    const std::size_t messages = found.tickets.size() + (found.key_update ? key_update_size : 0);
    HOLDS(fuzz::inside(found.rest, content));
    HOLDS(messages + found.rest.size() == content.size());
    HOLDS(found.key_update || found.rest.empty() || missing_of_first(found.rest) != 0);
    // What is good as a whole is not refused when less of it has come.
    for (std::size_t size = 0; size <= messages; ++size) {
        post_handshake_messages less;
        HOLDS(read_post_handshake(content.first(size), is_server, SIZE_MAX, less) == errc::none);
        HOLDS(less.count <= found.count && less.tickets.size() + less.rest.size() <= size);
    }
}
