// State machines as data: a constexpr table says which event is legal in which state and where it may lead.
//
//   inline constexpr auto client_table = std::array{
//       transition(client_state::wait_server_hello, event::server_hello, {client_state::wait_second_server_hello,
//       ...}),
//
// A machine handles a row by a member function that takes `at<table, state, event>` and returns an `outcome`, which it
// gets from `here.to<state>()`. A row without a handler, a handler without a row, and a way that the row does not allow
// do not compile. Everything that has no row is unexpected_message.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include <spantls/base/error.hpp>
#include <spantls/wire/registry.hpp>

namespace spantls {
inline namespace v1 {

/// What can happen to a handshake: a message arrives, or the caller answers.
enum class event : std::uint16_t {
    client_hello = 1,
    server_hello = 2,
    end_of_early_data = 5,
    encrypted_extensions = 8,
    certificate = 11,
    certificate_request = 13,
    certificate_verify = 15,
    finished = 20,
    compressed_certificate = 25,
    answer_identity = 0x100,
    answer_verdict,
    answer_signature,
    answer_psk,
    answer_early_data,
    answer_decompression,
};

constexpr event event_for(handshake_type type) noexcept { return static_cast<event>(static_cast<std::uint8_t>(type)); }
constexpr bool is_answer(event on) noexcept { return on >= event::answer_identity; }

template <class State>
struct transition_row {
    State from;
    event on;
    std::array<State, 4> to;
    std::size_t ways;

    constexpr bool allows(State wanted) const noexcept {
        for (std::size_t i = 0; i < ways; ++i)
            if (to[i] == wanted) return true;
        return false;
    }
};

template <class State>
constexpr transition_row<State> transition(State from, event on, std::initializer_list<State> to) noexcept {
    transition_row<State> row{from, on, {}, 0};
    for (const State state : to) row.to[row.ways++] = state;
    return row;
}

/// What handling an event came to: the next state, or why there is none.
template <class State>
struct outcome {
    State next;
    errc error = errc::none;
};

/// The number of rows for (from, on); a sound table has none or one.
template <const auto& Table, class State>
constexpr std::size_t rows_for(State from, event on) noexcept {
    std::size_t count = 0;
    for (const auto& row : Table)
        if (row.from == from && row.on == on) ++count;
    return count;
}

/// Names one row of a table, in the signature of its handler.
template <const auto& Table, auto From, event On>
    requires(rows_for<Table>(From, On) == 1)
struct at {
    using state = decltype(From);

    template <state To>
    static constexpr outcome<state> to() noexcept {
        static_assert(leads_to(To), "the table does not allow this transition");
        return {To};
    }
    static constexpr outcome<state> fail(errc error) noexcept { return {From, error}; }

private:
    static constexpr bool leads_to(state wanted) noexcept {
        for (const auto& row : Table)
            if (row.from == From && row.on == On) return row.allows(wanted);
        return false;
    }
};

namespace detail {
template <class Machine, class Here, class... Arguments>
concept handles = requires(Machine& machine, Here here, const Arguments&... arguments) {
    machine.on(here, arguments...);
};

template <const auto& Table, std::size_t I, event... Only, class Machine, class State, class... Arguments>
constexpr outcome<State> dispatch_from(Machine& machine, State from, event on, errc otherwise,
                                       const Arguments&... arguments) noexcept {
    if constexpr (I == Table.size()) {
        return {from, otherwise};
    } else {
        constexpr auto row = Table[I];
        if constexpr (sizeof...(Only) == 0 ? !is_answer(row.on) : ((row.on == Only) || ...)) {
            static_assert(handles<Machine, at<Table, row.from, row.on>, Arguments...>,
                          "a row of the table has no handler");
            if (row.from == from && row.on == on) return machine.on(at<Table, row.from, row.on>{}, arguments...);
        }
        return dispatch_from<Table, I + 1, Only...>(machine, from, on, otherwise, arguments...);
    }
}
}  // namespace detail

/// Hands an event to the handler of its row; `otherwise` when there is no such row. Only the rows of the event `Only`,
/// or without it those of messages, are looked at, since only their handlers take these arguments.
template <const auto& Table, event... Only, class Machine, class State, class... Arguments>
constexpr outcome<State> dispatch(Machine& machine, State from, event on, errc otherwise,
                                  const Arguments&... arguments) noexcept {
    return detail::dispatch_from<Table, 0, Only...>(machine, from, on, otherwise, arguments...);
}

}  // namespace v1
}  // namespace spantls
