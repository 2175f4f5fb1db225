package io.hscode;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import io.hscode.Native.OptionsC;
import io.hscode.Native.SizeT;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/** A classifier. May be used by many threads at once; close it when none needs it any more. */
public final class Classifier implements AutoCloseable {
    // Whoever classifies reads, whoever closes writes: nothing is freed while it is used.
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private Pointer handle;

    private Classifier(Pointer handle) {
        this.handle = handle;
    }

    /** The classifier that the library carries. */
    public static Classifier embedded() {
        checkAbi();
        PointerByReference out = new PointerByReference();
        PointerByReference err = new PointerByReference();
        Native.check(Native.C.hscode_classifier_embedded(out, err), err);
        return new Classifier(out.getValue());
    }

    /** A model package from a folder. */
    public static Classifier open(String path) {
        checkAbi();
        PointerByReference out = new PointerByReference();
        PointerByReference err = new PointerByReference();
        byte[] terminated = (path + "\0").getBytes(StandardCharsets.UTF_8);
        Native.check(Native.C.hscode_classifier_open(terminated, out, err), err);
        return new Classifier(out.getValue());
    }

    private static void checkAbi() {
        int major = Native.C.hscode_abi_version() >>> 16;
        if (major != Native.ABI_MAJOR) {
            throw new IllegalStateException("hscode: expected interface " + Native.ABI_MAJOR + ", saw " + major);
        }
    }

    /** Classifies one description; at most `topK` candidates. */
    public Prediction classify(String description, int topK) {
        OptionsC options = new OptionsC();
        options.topK = new SizeT(topK);
        byte[] utf8 = description.getBytes(StandardCharsets.UTF_8);
        PointerByReference out = new PointerByReference();
        PointerByReference err = new PointerByReference();
        lock.readLock().lock();
        try {
            Native.check(
                    Native.C.hscode_classify(live(), utf8, new SizeT(utf8.length), options, out, err), err);
        } finally {
            lock.readLock().unlock();
        }
        Pointer prediction = out.getValue();
        try {
            return Prediction.read(prediction, utf8);
        } finally {
            Native.C.hscode_prediction_free(prediction);
        }
    }

    /** Classifies one description; at most five candidates. */
    public Prediction classify(String description) {
        return classify(description, 5);
    }

    /** What identifies the model. */
    public String model() {
        lock.readLock().lock();
        try {
            return Native.text(Native.C.hscode_classifier_model(live()));
        } finally {
            lock.readLock().unlock();
        }
    }

    private Pointer live() {
        if (handle == null) {
            throw new IllegalStateException("this classifier is closed");
        }
        return handle;
    }

    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            Native.C.hscode_classifier_free(handle);
            handle = null;
        } finally {
            lock.writeLock().unlock();
        }
    }
}
