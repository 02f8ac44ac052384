// JavaBench.java - CompletableFutures on one executor thread (Java 17).
//
//   java -cp build JavaBench SCENARIO N
//
// Everything is done several times, and the last one counts: by then the
// compiler has done its work. S6 gives a future back for each task, as we do a
// handle; S6execute does not.
import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

public class JavaBench {
  static final int ALIVE = 1000;

  static void print(String scenario, int n, String metric, double value) {
    System.out.printf(Locale.ROOT, "%s\t%d\t%s\t%.2f%n", scenario, n, metric, value);
  }

  // Of the heap, not of the process: that has room from before.
  static double used() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  static double cpu() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
  }

  interface Pass {
    void run() throws Exception;
  }

  static void measure(String scenario, int n, int passes, Pass pass) throws Exception {
    for (int i = 0; i < passes - 1; i++) pass.run();
    double cpuBegin = cpu();
    long begin = System.nanoTime();
    pass.run();
    print(scenario, n, "ns", (System.nanoTime() - begin) / (double) n);
    print(scenario, n, "cpu_ns", (cpu() - cpuBegin) / n);
  }

  static void s1(ExecutorService executor, int n) {
    for (int i = 0; i < n; i += ALIVE) {
      CompletableFuture<?>[] all = new CompletableFuture[ALIVE];
      for (int j = 0; j < ALIVE; j++) all[j] = CompletableFuture.runAsync(() -> {}, executor);
      CompletableFuture.allOf(all).join();
    }
  }

  // A task has run its first step, on the executor, and waits for its gate.
  static class Task {
    final CompletableFuture<Void> gate = new CompletableFuture<>();
  }

  static void parked(ExecutorService executor, int n, boolean isPrinted) throws Exception {
    double before = used();
    Set<Task> group = ConcurrentHashMap.newKeySet();
    int[] done = {0};
    for (int i = 0; i < n; i++) {
      Task task = new Task();
      group.add(task);
      CompletableFuture.runAsync(() -> {}, executor)
          .thenCompose(nothing -> task.gate)
          .whenComplete((value, error) -> {
            done[0]++;
            group.remove(task);
          });
    }
    executor.submit(() -> {}).get(); // all have run
    double bytes = (used() - before) / n;
    long begin = System.nanoTime();
    for (Task task : group) task.gate.cancel(false);
    double ns = (System.nanoTime() - begin) / (double) n;
    if (done[0] != n) throw new Error("some are left");
    if (!isPrinted) return;
    print("S2", n, "bytes", bytes);
    print("S3", n, "ns", ns);
  }

  static void s6(ExecutorService executor, int n, boolean isAnswered) throws Exception {
    CountDownLatch latch = new CountDownLatch(n);
    for (int i = 0; i < n; i++) {
      if (isAnswered) executor.submit(latch::countDown);
      else executor.execute(latch::countDown);
    }
    latch.await();
  }

  static void s7(int n) throws Exception {
    ScheduledExecutorService executor = Executors.newScheduledThreadPool(1);
    CountDownLatch latch = new CountDownLatch(n);
    Random random = new Random(1);
    for (int i = 0; i < n; i++)
      executor.schedule(latch::countDown, 1 + random.nextInt(1000), TimeUnit.MILLISECONDS);
    latch.await();
    executor.shutdownNow();
  }

  public static void main(String[] arguments) throws Exception {
    String scenario = arguments[0];
    int n = Integer.parseInt(arguments[1]);
    ExecutorService executor = Executors.newSingleThreadExecutor();
    switch (scenario) {
      case "S1" -> measure(scenario, n, 4, () -> s1(executor, n));
      case "S2" -> {
        parked(executor, 10000, false);
        parked(executor, n, true);
      }
      case "S6" -> measure(scenario, n, 3, () -> s6(executor, n, true));
      case "S6execute" -> measure(scenario, n, 3, () -> s6(executor, n, false));
      case "S7" -> measure(scenario, n, 2, () -> s7(n));
      default -> throw new Error("no such scenario");
    }
    executor.shutdownNow();
  }
}
