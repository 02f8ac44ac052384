#!/usr/bin/env escript
%%! +S 1:1
%% otp_supervisor.escript - adapter of Erlang/OTP's supervisor.
%%
%% How the laws map onto it:
%%   groups    a supervisor, one_for_one, a temporary child of its parent's
%%   tasks     temporary children; the id is the task's name
%%   errors    nobody else is touched; the supervisor's report to the logger is
%%             the call `error`, and the logger's default handler, put on
%%             standard error, the default. A handler can't fail upwards
%%   policy    shutdown_group: transient children and a restart intensity of 0
%%   done      a monitor. The reason is the outcome: `shutdown` is cancelled
%%   cancel    exit(Pid, {shutdown, Reason}) to a process that traps exits; a
%%             supervisor's own request is the reason `shutdown`
%%   drain     nobody is told; a shutdown cancels at once
%%   cancel_wait  the child's `shutdown` time; then it is killed, for real.
%%             There is no abandoning, as nothing survives that
%%   order     newest first, tasks and child groups alike, each waited for, so
%%             that the times add up; the same when forced
%%   closed    a monitor of the supervisor. One that shuts down answers nobody:
%%             a spawn that got no answer in time is `timeout`
%%   deadline, limits, edges: none
%%   watch     a monitor
%%   remote    the same calls: all are for any process
%%   looking   which_children/1, count_children/1
%%
%% The clock is real. One process, main/1, speaks with the suite, and the tasks'
%% processes wait for it whenever they have something to tell. There is one
%% scheduler, so that to give way a few times is to let everybody come to rest.

-module(otp_supervisor).
-mode(compile).
-export([main/1, init/1, start_task/1, run_task/1, log/2]).

%% The supervisor's own default is 5 s; the suite's second lasts 20 ms.
-define(DEFAULT_CANCEL_WAIT_MS, 100).
%% How long a supervisor is waited for.
-define(PATIENCE_MS, 20).
%% A timer is late by up to a millisecond.
-define(LATE_NS, 1200000).
-define(ROUNDS_TO_REST, 50).

%% ------------------------------------------------------------- protocol --

main(_) ->
    io:setopts(standard_io, [{binary, true}, {encoding, latin1}]),
    %% Loaded only when they are needed, they would keep a failure waiting.
    code:ensure_modules_loaded([calendar, io_lib_pretty, re, sys]),
    logger:remove_handler(default),
    logger:add_handler(default, logger_std_h, #{config => #{type => standard_error}}),
    logger:add_handler(told, ?MODULE, #{config => #{main => self()}}),
    serve(world(make_ref())).

serve(World) ->
    serve(after_request(read(), World)).

read() ->
    case io:get_line(standard_io, "") of
        eof -> halt(0);
        Line -> jiffy:decode(Line, [return_maps])
    end.

write(Message) ->
    file:write(standard_io, [jiffy:encode(Message), $\n]).

answer(ok) -> write(#{status => ok});
answer({ok, Fields}) -> write(Fields#{status => ok});
answer({refused, Status}) -> write(#{status => Status}).

after_request(#{<<"op">> := <<"advance">>, <<"by">> := By}, #{at := At} = World) ->
    Start = erlang:monotonic_time(nanosecond),
    Moved = advance(Start + By + ?LATE_NS, World#{start => Start, to => At + By}),
    answer(ok),
    Moved#{at => At + By, start => none};
after_request(#{<<"op">> := <<"reset">>} = Request, World) ->
    discard(World),
    open_root(Request, world(make_ref()));
after_request(#{<<"op">> := <<"destroy">>}, World) ->
    kill_all(World),
    discard(rest(?ROUNDS_TO_REST, World)),
    answer(ok),
    world(make_ref());
after_request(Request, World) ->
    {Answer, Changed} = try carry_out(Request, World)
                        catch throw:{refused, _} = Refused -> {Refused, World}
                        end,
    answer(Answer),
    Changed.

%% Tells the suite of a call; returns what the call is to return.
call(Call, World) ->
    write(Call#{at => now_ns(World)}),
    until_return(World).

until_return(World) ->
    case read() of
        #{<<"op">> := <<"return">>} = Return ->
            {maps:get(<<"status">>, Return, <<"ok">>), World};
        #{<<"op">> := Op} when Op =:= <<"advance">>; Op =:= <<"destroy">> ->
            answer({refused, reentrant}),
            until_return(World);
        #{<<"op">> := <<"reset">>} ->
            answer({refused, unsupported}),
            until_return(World);
        Request ->
            until_return(after_request(Request, World))
    end.

%% Refuses every field but those named.
accept(Request, Fields) ->
    Unknown = [Field || {Field, Value} <- maps:to_list(maps:remove(<<"op">>, Request)),
                        Value =/= null, Value =/= false,
                        not lists:member(Field, Fields)],
    Unknown =:= [] orelse throw({refused, unsupported}).

%% Refuses a field that asks for anything but what is done in any case.
accept_only(Request, Field, Value) ->
    lists:member(maps:get(Field, Request, null), [null, Value])
        orelse throw({refused, unsupported}).

%% ---------------------------------------------------------------- world --

world(Epoch) ->
    #{epoch => Epoch, at => 0, start => none, to => 0, main => self(),
      names => #{}, monitors => #{}, supervisors => #{}}.

%% The clock runs while the suite advances it: what the conversation takes
%% otherwise is not the scenario's time.
now_ns(#{at := At, start := none}) -> At;
now_ns(#{at := At, start := Start, to := To}) ->
    min(At + erlang:monotonic_time(nanosecond) - Start, To).

discard(#{monitors := Monitors} = World) ->
    [erlang:demonitor(Ref, [flush]) || Ref <- maps:keys(Monitors)],
    kill_all(World),
    flush().

kill_all(#{names := Names}) ->
    [exit(Pid, kill) || #{pid := Pid} <- maps:values(Names)].

flush() ->
    receive _ -> flush() after 0 -> ok end.

%% Serves what the implementation tells until the instant, and then until
%% nothing more is told.
advance(Until, World) ->
    Left = Until - erlang:monotonic_time(nanosecond),
    receive Message -> advance(Until, told(Message, World))
    after max(0, Left div 1000000 - 1) ->
        erlang:yield(),
        case Left > 0 of
            true -> advance(Until, World);
            false -> rest(?ROUNDS_TO_REST, World)
        end
    end.

rest(0, World) ->
    World;
rest(Rounds, World) ->
    receive Message -> rest(?ROUNDS_TO_REST, told(Message, World))
    after 0 -> erlang:yield(), rest(Rounds - 1, World)
    end.

told({call, Epoch, Pid, Call}, #{epoch := Epoch} = World) ->
    {Status, Changed} = call(Call, World),
    Pid ! {returned, Status},
    Changed;
told({'DOWN', Ref, process, _, Reason}, #{monitors := Monitors} = World) ->
    case maps:take(Ref, Monitors) of
        {Told, Rest} -> told_down(Told, Reason, World#{monitors := Rest});
        error -> World
    end;
told({report, Supervisor, Id, Reason}, #{supervisors := Supervisors} = World) ->
    case Supervisors of
        #{Supervisor := #{name := Name, tells := Tells}} ->
            told_error(lists:member(<<"error">>, Tells), Name, Id, Reason, World);
        #{} -> World
    end;
told({posted, Epoch, Name}, #{epoch := Epoch} = World) ->
    {_, Changed} = call(#{call => posted, as => Name}, World),
    Changed;
told(_, World) ->
    World.

told_down({over, Watch, On, group}, shutdown, World) ->
    told_down({over, Watch, On, group}, normal, World);
told_down({over, Watch, On, _}, Reason, World) ->
    {_, Changed} = call(#{call => over, watch => Watch, on => On,
                          outcome => outcome(Reason)}, World),
    Changed;
told_down({closed, Name, Tells}, _, World) ->
    case lists:member(<<"closed">>, Tells) of
        true -> {_, Changed} = call(#{call => group_closed, group => Name}, World),
                Changed;
        false -> World
    end;
told_down({done, Name}, Reason, World) ->
    {_, Changed} = call(#{call => done, task => Name, outcome => outcome(Reason)}, World),
    Changed.

told_error(false, _, _, _, World) ->
    World;
told_error(true, Group, Id, Reason, World) ->
    {_, Changed} = call(#{call => error, group => Group, from => Group, task => Id,
                          name => Id, outcome => outcome(Reason)}, World),
    Changed.

outcome(normal) -> #{status => ok};
outcome(shutdown) -> #{status => canceled};
outcome({shutdown, _}) -> #{status => canceled};
outcome(killed) -> #{status => signal, flags => [killed]};
outcome(noproc) -> #{status => stale};
outcome({failed, Outcome}) -> Outcome;
outcome(Other) ->
    #{status => failed, message => iolist_to_binary(io_lib:format("~p", [Other]))}.

%% A handler of the logger; it runs in the supervisor's process.
log(#{msg := {report, #{label := {supervisor, _}, report := Report}}},
    #{config := #{main := Main}}) ->
    {Supervisor, _} = proplists:get_value(supervisor, Report),
    Offender = proplists:get_value(offender, Report),
    Reason = proplists:get_value(reason, Report),
    Main ! {report, Supervisor, proplists:get_value(id, Offender), Reason};
log(_, _) ->
    ok.

%% --------------------------------------------------------------- a task --

start_task(Job) ->
    proc_lib:start_link(?MODULE, run_task, [Job]).

run_task(#{name := Name} = Job) ->
    process_flag(trap_exit, true),
    proc_lib:init_ack({ok, self()}),
    case tell(Job, #{call => start, task => Name}) of
        <<"ok">> -> live(Job, none);
        Status -> receive {finish, Outcome} -> finish(Outcome)
                  after 0 -> finish(#{<<"status">> => Status})
                  end
    end.

tell(#{main := Main, epoch := Epoch}, Call) ->
    Main ! {call, Epoch, self(), Call},
    receive {returned, Status} -> Status end.

live(#{name := Name, tells := Tells} = Job, Alarm) ->
    receive
        {finish, Outcome} ->
            finish(Outcome);
        {sleep, Duration} ->
            Alarm =:= none orelse erlang:cancel_timer(Alarm),
            live(Job, alarm(Duration));
        {timeout, Alarm, wake} ->
            tell(Job, #{call => wake, task => Name}),
            live(Job, none);
        {timeout, _, wake} ->
            live(Job, Alarm);
        {'EXIT', _, Reason} ->
            lists:member(<<"cancel">>, Tells) andalso
                tell(Job, #{call => cancel, task => Name, reason => reason(Reason)}),
            live(Job, Alarm)
    end.

alarm(<<"forever">>) -> none;
alarm(Duration) -> erlang:start_timer(milliseconds(Duration), self(), wake).

reason({shutdown, Text}) -> Text;
reason(Atom) -> Atom.

finish(#{<<"status">> := <<"ok">>}) -> exit(normal);
finish(#{<<"status">> := <<"canceled">>}) -> exit(shutdown);
finish(Outcome) -> exit({failed, Outcome}).

milliseconds(<<"at_once">>) -> 0;
milliseconds(Duration) -> (Duration + 999999) div 1000000.

%% ------------------------------------------------------------- requests --

init(Flags) ->
    {ok, {Flags, []}}.

%% Asks a supervisor, which may not answer: then it is not waited for.
ask(Question) ->
    {Pid, Ref} = spawn_monitor(fun() -> exit({answered, Question()}) end),
    receive
        {'DOWN', Ref, process, Pid, {answered, Answer}} -> Answer;
        {'DOWN', Ref, process, Pid, _} -> throw({refused, closed})
    after ?PATIENCE_MS ->
        erlang:demonitor(Ref, [flush]),
        throw({refused, timeout})
    end.

find(Name, Kind, #{names := Names}) ->
    case Names of
        #{Name := #{kind := Kind} = Thing} -> Thing;
        #{Name := _} -> throw({refused, unsupported});
        #{} when is_integer(Name) -> throw({refused, unsupported});
        #{} -> throw({refused, invalid})
    end.

find_living(Name, World) ->
    #{pid := Pid} = Task = find(Name, task, World),
    is_process_alive(Pid) orelse throw({refused, stale}),
    Task.

keep(Name, Thing, Told, #{names := Names, monitors := Monitors} = World) ->
    Ref = erlang:monitor(process, maps:get(pid, Thing)),
    World#{names := Names#{Name => Thing}, monitors := Monitors#{Ref => Told}}.

group(Name, Parent, Request) ->
    accept(Request, [<<"as">>, <<"in">>, <<"tells">>, <<"grace">>,
                     <<"cancel_wait">>, <<"on_failure">>]),
    accept_only(Request, <<"grace">>, <<"at_once">>),
    Restart = case maps:get(<<"on_failure">>, Request, <<"report">>) of
                  <<"report">> -> temporary;
                  <<"shutdown_group">> -> transient;
                  _ -> throw({refused, unsupported})
              end,
    Wait = case maps:get(<<"cancel_wait">>, Request, null) of
               null -> ?DEFAULT_CANCEL_WAIT_MS;
               <<"forever">> -> infinity;
               <<"at_once">> -> brutal_kill;
               Duration -> milliseconds(Duration)
           end,
    #{kind => group, name => Name, parent => Parent, restart => Restart, wait => Wait,
      tells => maps:get(<<"tells">>, Request, [<<"drain">>, <<"closed">>])}.

keep_group(#{name := Name, pid := Pid, tells := Tells} = Group, World) ->
    #{supervisors := Supervisors} = Kept =
        keep(Name, Group, {closed, Name, Tells}, World),
    Kept#{supervisors := Supervisors#{Pid => Group}}.

flags() ->
    #{strategy => one_for_one, intensity => 0, period => 1}.

open_root(Request, World) ->
    try
        Group = group(<<"root">>, none, Request),
        {ok, Pid} = supervisor:start_link(?MODULE, flags()),
        unlink(Pid),
        answer(ok),
        keep_group(Group#{pid => Pid}, World)
    catch
        throw:{refused, _} = Refused -> answer(Refused), World
    end.

start_child(Supervisor, Child) ->
    case ask(fun() -> supervisor:start_child(Supervisor, Child) end) of
        {ok, Pid} -> Pid;
        {error, _} -> throw({refused, invalid})
    end.

carry_out(#{<<"op">> := <<"hello">>}, World) ->
    {{ok, #{protocol => 1, name => <<"OTP supervisor">>,
            version => list_to_binary(erlang:system_info(otp_release)), clock => real,
            features => [nesting, policy, watch, wake, remote, stderr]}}, World};

carry_out(#{<<"op">> := <<"group">>, <<"as">> := Name, <<"in">> := In} = Request, World) ->
    #{pid := Parent} = find(In, group, World),
    Group = group(Name, Parent, Request),
    Pid = start_child(Parent, #{id => binary_to_atom(Name), restart => temporary,
                                shutdown => infinity, type => supervisor,
                                start => {supervisor, start_link, [?MODULE, flags()]}}),
    {ok, keep_group(Group#{pid => Pid}, World)};

carry_out(#{<<"op">> := <<"spawn">>, <<"as">> := Name, <<"in">> := In} = Request, World) ->
    accept(Request, [<<"as">>, <<"in">>, <<"tells">>, <<"remote">>]),
    #{pid := Parent, restart := Restart, wait := Wait} = find(In, group, World),
    Tells = maps:get(<<"tells">>, Request, [<<"drain">>, <<"cancel">>]),
    Job = (maps:with([main, epoch], World))#{name => Name, tells => Tells},
    Pid = start_child(Parent, #{id => binary_to_atom(Name), restart => Restart, shutdown => Wait,
                                type => worker, start => {?MODULE, start_task, [Job]}}),
    {ok, keep(Name, #{kind => task, pid => Pid}, {done, Name}, World)};

carry_out(#{<<"op">> := <<"finish">>, <<"task">> := Name} = Request, World) ->
    Fields = [<<"status">>, <<"code">>, <<"message">>, <<"value">>],
    accept(Request, [<<"task">>, <<"remote">> | Fields]),
    #{pid := Pid} = find_living(Name, World),
    Pid ! {finish, maps:merge(#{<<"status">> => <<"ok">>}, maps:with(Fields, Request))},
    {ok, World};

carry_out(#{<<"op">> := <<"sleep">>, <<"task">> := Name, <<"for">> := Duration}, World) ->
    #{pid := Pid} = find_living(Name, World),
    Pid ! {sleep, Duration},
    {ok, World};

carry_out(#{<<"op">> := <<"cancel">>, <<"task">> := Name} = Request, World) ->
    accept(Request, [<<"task">>, <<"reason">>, <<"remote">>]),
    #{pid := Pid} = find_living(Name, World),
    exit(Pid, {shutdown, maps:get(<<"reason">>, Request, cancelled)}),
    {ok, World};

carry_out(#{<<"op">> := <<"shutdown">>, <<"group">> := Name} = Request, World) ->
    accept(Request, [<<"group">>, <<"force">>, <<"grace">>, <<"remote">>]),
    accept_only(Request, <<"grace">>, <<"at_once">>),
    #{pid := Pid, parent := Parent} = find(Name, group, World),
    is_process_alive(Pid) orelse throw({refused, stale}),
    spawn(fun() -> shut_down(Name, Pid, Parent) end),
    {ok, World};

carry_out(#{<<"op">> := <<"request_shutdown">>} = Request, World) ->
    carry_out(#{<<"op">> => <<"shutdown">>, <<"group">> => <<"root">>,
                <<"force">> => maps:get(<<"force">>, Request, false)}, World);

carry_out(#{<<"op">> := <<"watch">>, <<"as">> := Name, <<"on">> := On} = Request, World) ->
    accept(Request, [<<"as">>, <<"on">>]),
    #{names := Names, monitors := Monitors} = World,
    case Names of
        #{On := #{pid := Pid, kind := Kind}} ->
            Ref = erlang:monitor(process, Pid),
            {ok, World#{names := Names#{Name => #{kind => watch, ref => Ref}},
                        monitors := Monitors#{Ref => {over, Name, On, Kind}}}};
        #{} -> throw({refused, invalid})
    end;

carry_out(#{<<"op">> := <<"unwatch">>, <<"watch">> := Name}, World) ->
    #{ref := Ref} = find(Name, watch, World),
    erlang:demonitor(Ref, [flush, info]) orelse throw({refused, stale}),
    {ok, World};

carry_out(#{<<"op">> := <<"post">>, <<"as">> := Name}, #{epoch := Epoch} = World) ->
    self() ! {posted, Epoch, Name},
    {ok, World};

carry_out(#{<<"op">> := <<"list">>, <<"what">> := What, <<"group">> := Name}, World) ->
    #{pid := Pid} = find(Name, group, World),
    Type = case What of
               <<"tasks">> -> worker;
               <<"groups">> -> supervisor;
               _ -> throw({refused, unsupported})
           end,
    Children = ask(fun() -> supervisor:which_children(Pid) end),
    {{ok, #{names => [Id || {Id, _, T, _} <- Children, T =:= Type]}}, World};

carry_out(#{<<"op">> := <<"info">>, <<"group">> := Name}, World) ->
    #{pid := Pid} = find(Name, group, World),
    Counts = ask(fun() -> supervisor:count_children(Pid) end),
    {{ok, #{children => proplists:get_value(supervisors, Counts),
            live => proplists:get_value(workers, Counts)}}, World};

carry_out(#{<<"op">> := <<"time">>}, World) ->
    {{ok, #{at => now_ns(World)}}, World};

carry_out(_, World) ->
    {{refused, unsupported}, World}.

shut_down(_, Pid, none) -> gen_server:stop(Pid, shutdown, infinity);
shut_down(Name, _, Parent) -> supervisor:terminate_child(Parent, binary_to_atom(Name)).
