#!/usr/bin/env escript
%% One TLS connection of Erlang's ssl, as erlang runs it against ours. Words tell it what it is; then it obeys lines as
%% peer.cpp does: send TEXT, update, close, end.
%%
%% erlang_peer.escript client PORT CAFILE NAME [CERTFILE KEYFILE] [OPTION...]
%% erlang_peer.escript server CAFILE CERTFILE KEYFILE [OPTION...]
%%
%% Options are Erlang terms.

-mode(compile).

main(Words) -> {ok, _} = application:ensure_all_started(ssl), run(Words).

run(["client", Port, Ca, Name | Words]) ->
    {Identity, Rest} = identity(Words),
    Options = [{cacertfile, Ca}, {verify, verify_peer}, {server_name_indication, Name},
               {customize_hostname_check, [{match_fun, public_key:pkix_verify_hostname_match_fun(https)}]}
               | Identity ++ common(Rest)],
    connected(ssl:connect({127, 0, 0, 1}, list_to_integer(Port), Options, 20000));
run(["server", Ca, Certificate, Key | Words]) ->
    {ok, Listening} = ssl:listen(0, [{cacertfile, Ca}, {certfile, Certificate}, {keyfile, Key}, {ip, {127, 0, 0, 1}}
                                     | common(Words)]),
    {ok, {_, Port}} = ssl:sockname(Listening),
    io:format("listening ~b~n", [Port]),
    {ok, Transport} = ssl:transport_accept(Listening),
    connected(ssl:handshake(Transport, 20000)).

identity(["-" | Rest]) -> {[], Rest};
identity([Certificate, Key | Rest]) -> {[{certfile, Certificate}, {keyfile, Key}], Rest};
identity([]) -> {[], []}.

common(Words) -> [{versions, ['tlsv1.3']}, {active, true}, binary, {log_level, none} | lists:map(fun term/1, Words)].

term(Text) ->
    {ok, Tokens, _} = erl_scan:string(Text ++ "."),
    {ok, Term} = erl_parse:parse_term(Tokens),
    Term.

connected({ok, Socket}) ->
    case ssl:connection_information(Socket, [protocol, selected_cipher_suite]) of
        {ok, [{protocol, Version}, {selected_cipher_suite, Suite}]} -> talk(Socket, Version, Suite);
        {error, Why} -> io:format("failed ~0p~n", [Why]), halt(2)
    end;
connected({error, {tls_alert, {Alert, _}}}) -> io:format("failed ~s~n", [Alert]), halt(2);
connected({error, Why}) -> io:format("failed ~0p~n", [Why]), halt(2).

talk(Socket, Version, Suite) ->
    Alpn = case ssl:negotiated_protocol(Socket) of {ok, Name} -> Name; _ -> "-" end,
    io:format("connected ~s ~s alpn=~s~n", [Version, ssl:suite_to_str(Suite), Alpn]),
    case ssl:peercert(Socket) of
        {ok, Der} -> io:format("peer certificate of ~b bytes~n", [byte_size(Der)]);
        _ -> ok
    end,
    Self = self(),
    spawn_link(fun() -> read_lines(Self) end),
    talk(Socket).

read_lines(To) ->
    case io:get_line("") of
        eof -> ok;
        Line -> To ! {line, string:trim(Line, trailing, "\n")}, read_lines(To)
    end.

talk(Socket) ->
    receive
        {line, "send " ++ Text} -> ok = ssl:send(Socket, [Text, "\n"]);
        {line, "update"} -> ok = ssl:update_keys(Socket, write);
        {line, "request-update"} -> ok = ssl:update_keys(Socket, read_write);
        {line, "close"} -> ssl:close(Socket), io:format("closed~n"), halt(0);
        {ssl, Socket, Data} ->
            io:format("data ~b ~s~n", [byte_size(Data), string:replace(Data, "\n", ".", all)]);
        {ssl_closed, Socket} ->
            io:format("peer closed~n"),
            init:stop(),  % in order, so that close_notify is answered
            receive after infinity -> ok end;
        {ssl_error, Socket, Why} -> io:format("failed ~0p~n", [Why]), halt(2);
        {ssl, session_ticket, _} -> io:format("ticket~n")
    end,
    talk(Socket).
