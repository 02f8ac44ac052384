%% erl_bench.erl - Erlang's processes, with monitors and with supervisors.
%%
%%   erl +S 1 +P 2000000 -noshell -s erl_bench main SCENARIO N
%%
%% S1sup, S2sup and S4 use OTP's supervisor. S2 parks in a receive, S2hib
%% hibernates, which makes a process as small as it gets. S5 asks the supervisor
%% for its children, S5info each process for its name and status. To be started
%% without busy waiting (+sbwt none), or that is counted as CPU time.
-module(erl_bench).
-behaviour(supervisor).
-export([main/1, init/1, noop_child/0, park_child/0, start_node/1, start_leaf/0,
         hibernated/0]).

print(Scenario, N, Metric, Value) ->
    io:format("~s\t~p\t~s\t~.2f~n", [Scenario, N, Metric, float(Value)]).

now_ns() -> erlang:monotonic_time(nanosecond).

%% Of all threads, from the kernel, in ticks of 10 ms.
cpu() ->
    {ok, Text} = file:read_file("/proc/self/stat"),
    [_, Rest] = binary:split(Text, <<") ">>),
    Fields = binary:split(Rest, <<" ">>, [global]),
    Ticks = [binary_to_integer(lists:nth(I, Fields)) || I <- [12, 13]],
    lists:sum(Ticks) * 1.0e7.

rss() ->
    {ok, Text} = file:read_file("/proc/self/statm"),
    [_, Resident | _] = binary:split(Text, <<" ">>, [global]),
    binary_to_integer(Resident) * 4096.

%% The second of two passes counts.
measure(Scenario, N, Pass) ->
    Pass(),
    Cpu = cpu(),
    Begin = now_ns(),
    Pass(),
    print(Scenario, N, "ns", (now_ns() - Begin) / N),
    print(Scenario, N, "cpu_ns", (cpu() - Cpu) / N).

wait_down(0) -> ok;
wait_down(K) -> receive {'DOWN', _, process, _, _} -> wait_down(K - 1) end.

spawn_noops(0) -> ok;
spawn_noops(K) -> spawn_monitor(fun() -> ok end), spawn_noops(K - 1).

s1(_, 0) -> ok;
s1(Alive, Rounds) ->
    spawn_noops(Alive),
    wait_down(Alive),
    s1(Alive, Rounds - 1).

s1sup(_, _, 0) -> ok;
s1sup(Supervisor, Alive, Rounds) ->
    [erlang:monitor(process, start_child(Supervisor)) || _ <- lists:seq(1, Alive)],
    wait_down(Alive),
    s1sup(Supervisor, Alive, Rounds - 1).

start_child(Supervisor) ->
    {ok, Pid} = supervisor:start_child(Supervisor, []),
    Pid.

fill(_, 0) -> ok;
fill(Supervisor, K) -> start_child(Supervisor), fill(Supervisor, K - 1).

%% The supervisors: of children that end at once, that stay, and of others.
init(noop) -> simple(noop_child);
init(park) -> simple(park_child);
init({node, Depth}) ->
    Start = case Depth of
                1 -> {?MODULE, start_leaf, []};
                _ -> {?MODULE, start_node, [{node, Depth - 1}]}
            end,
    Children = [#{id => I, start => Start, restart => temporary,
                  type => supervisor, shutdown => infinity} || I <- lists:seq(1, 10)],
    {ok, {#{strategy => one_for_one}, Children}}.

simple(Function) ->
    {ok, {#{strategy => simple_one_for_one, intensity => 1000000, period => 1},
          [#{id => child, start => {?MODULE, Function, []},
             restart => temporary, shutdown => 5000}]}}.

start_node(What) -> supervisor:start_link(?MODULE, What).

start_leaf() ->
    {ok, Pid} = start_node(park),
    fill(Pid, 100),
    {ok, Pid}.

noop_child() -> {ok, spawn_link(fun() -> ok end)}.
park_child() -> {ok, spawn_link(fun park/0)}.
park() -> receive stop -> ok end.
hibernate() -> erlang:hibernate(?MODULE, hibernated, []).
hibernated() -> receive stop -> ok end.

parked(Name, N, Park) ->
    erlang:garbage_collect(),
    Before = rss(),
    Begin = now_ns(),
    Me = self(),
    Pids = [spawn(fun() -> Me ! up, Park() end) || _ <- lists:seq(1, N)],
    [receive up -> ok end || _ <- Pids],
    print("S2" ++ Name, N, "spawn_park_ns", (now_ns() - Begin) / N),
    print("S2" ++ Name, N, "bytes", (rss() - Before) / N),
    [erlang:monitor(process, Pid) || Pid <- Pids],
    Shut = now_ns(),
    [exit(Pid, shutdown) || Pid <- Pids],
    wait_down(N),
    print("S3" ++ Name, N, "ns", (now_ns() - Shut) / N).

parked_sup(N) ->
    {ok, Supervisor} = start_node(park),
    erlang:garbage_collect(),
    Before = rss(),
    Begin = now_ns(),
    fill(Supervisor, N),
    print("S2sup", N, "spawn_park_ns", (now_ns() - Begin) / N),
    print("S2sup", N, "bytes", (rss() - Before) / N),
    Shut = now_ns(),
    stop(Supervisor),
    print("S3sup", N, "ns", (now_ns() - Shut) / N).

stop(Supervisor) ->
    Reference = erlang:monitor(process, Supervisor),
    exit(Supervisor, shutdown),
    receive {'DOWN', Reference, _, _, _} -> ok end.

%% After churn: N have come, gone in random order, and come again.
s5(N, Name, Look) ->
    {ok, Supervisor} = start_node(park),
    Pids = [start_child(Supervisor) || _ <- lists:seq(1, N)],
    Order = [Pid || {_, Pid} <- lists:sort([{rand:uniform(), Pid} || Pid <- Pids])],
    [erlang:monitor(process, Pid) || Pid <- Pids],
    [exit(Pid, shutdown) || Pid <- Order],
    wait_down(N),
    fill(Supervisor, N),
    true = Look(Supervisor) >= N,
    Begin = now_ns(),
    [Look(Supervisor) || _ <- lists:seq(1, 10)],
    print(Name, N, "ns", (now_ns() - Begin) / (10 * N)).

children(Supervisor) -> length(supervisor:which_children(Supervisor)).

infos(_) ->
    length([{process_info(Pid, registered_name), process_info(Pid, status)}
            || Pid <- processes()]).

s4_pass(IsPrinted) ->
    Begin = now_ns(),
    {ok, Top} = start_node({node, 3}),
    Built = now_ns(),
    stop(Top),
    Shut = now_ns(),
    IsPrinted andalso print("S4", 100000, "build_ms", (Built - Begin) / 1.0e6),
    IsPrinted andalso print("S4", 100000, "ms", (Shut - Built) / 1.0e6).

%% A process of another scheduler asks this one to spawn.
s6_pass(N) ->
    Me = self(),
    spawn_link(fun() -> feed(Me, N) end),
    serve(N, 0).

feed(_, 0) -> ok;
feed(Pid, K) -> Pid ! {spawn, fun() -> ok end}, feed(Pid, K - 1).

serve(0, 0) -> ok;
serve(Asked, Live) ->
    receive
        {spawn, Fun} -> spawn_monitor(Fun), serve(Asked - 1, Live + 1);
        {'DOWN', _, _, _, _} -> serve(Asked, Live - 1)
    end.

s7(N) ->
    Cpu = cpu(),
    Begin = now_ns(),
    [begin
         Ms = rand:uniform(1000),
         spawn_monitor(fun() -> receive after Ms -> ok end end)
     end || _ <- lists:seq(1, N)],
    wait_down(N),
    print("S7", N, "cpu_ns", (cpu() - Cpu) / N),
    print("S7", N, "wall_ms", (now_ns() - Begin) / 1.0e6).

run("S1", N) -> measure("S1", N, fun() -> s1(1000, N div 1000) end);
run("S1one", N) -> measure("S1one", N, fun() -> s1(1, N) end);
run("S1sup", N) ->
    {ok, Supervisor} = start_node(noop),
    measure("S1sup", N, fun() -> s1sup(Supervisor, 1000, N div 1000) end);
run("S2", N) -> parked("", N, fun park/0);
run("S2hib", N) -> parked("hib", N, fun hibernate/0);
run("S2sup", N) -> parked_sup(N);
run("S4", _) -> s4_pass(false), s4_pass(true);
run("S5", N) -> s5(N, "S5", fun children/1);
run("S5info", N) -> s5(N, "S5info", fun infos/1);
run("S6", N) -> measure("S6", N, fun() -> s6_pass(N) end);
run("S7", N) -> s7(N).

main([Scenario, N]) ->
    process_flag(trap_exit, true),
    run(atom_to_list(Scenario), list_to_integer(atom_to_list(N))),
    halt().
